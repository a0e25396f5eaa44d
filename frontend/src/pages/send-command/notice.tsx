import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './send-command.module.css'

interface NoticeProps {
  readonly tone: 'warning' | 'bad' | 'busy'
  readonly icon: Icon
  readonly title: string
  /** Read out at once: something has just happened. */
  readonly alert?: boolean
  readonly children: ReactNode
}

/** Something to know before or after sending, in the tones of the page. */
export function Notice({ tone, icon: Sign, title, alert = false, children }: NoticeProps) {
  return (
    <div className={`${classes.notice ?? ''} ${classes[tone] ?? ''}`} role={alert ? 'alert' : undefined}>
      <Sign size={20} aria-hidden />
      <div>
        <p className={classes.noticeTitle}>{title}</p>
        {children}
      </div>
    </div>
  )
}
