import type { NotificationData } from '@mantine/notifications'
import { problemText } from '@/domain/problems'

/** The library comes with the first toast: it need not be there before. */
function show(toast: NotificationData): void {
  void import('@mantine/notifications').then(({ notifications }) => notifications.show(toast))
}

/** Short news of something that worked. */
export function toastDone(message: string): void {
  show({ message, color: 'green', autoClose: 4000 })
}

/** An action that failed. Stays until it is closed: errors must be readable. */
export function toastFailure(what: string, error: unknown): void {
  show({ title: what, message: problemText(error), color: 'red', autoClose: false })
}
