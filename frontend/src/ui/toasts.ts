import { notifications } from '@mantine/notifications'
import { problemText } from '@/domain/problems'

/** Short news of something that worked. */
export function toastDone(message: string): void {
  notifications.show({ message, color: 'green', autoClose: 4000 })
}

/** An action that failed. Stays until it is closed: errors must be readable. */
export function toastFailure(what: string, error: unknown): void {
  notifications.show({ title: what, message: problemText(error), color: 'red', autoClose: false })
}
