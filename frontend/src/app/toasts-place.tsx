import { Notifications } from '@mantine/notifications'
import '@mantine/notifications/styles.css'

export default function ToastsPlace() {
  return <Notifications position="bottom-right" limit={4} />
}
