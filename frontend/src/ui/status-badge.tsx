import { Tooltip } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconClock, IconLoader2, type Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import {
  commandStatusWords, connectionStatusWords, type CommandStatus, type ConnectionStatus, type Tone,
} from '@/domain/statuses'
import classes from './status-badge.module.css'

const icons: Record<Tone, Icon> = {
  good: IconCircleCheck,
  busy: IconLoader2,
  warning: IconAlertTriangle,
  bad: IconCircleX,
  neutral: IconClock,
}

interface ToneBadgeProps {
  readonly tone: Tone
  readonly children: ReactNode
  /** Said on hover and on focus. */
  readonly hint?: string
  readonly icon?: Icon
}

/** A word in the colour of its tone, with an icon: understood without seeing colours. */
export function ToneBadge({ tone, children, hint, icon }: ToneBadgeProps) {
  const Sign = icon ?? icons[tone]
  const badge = (
    <span className={`${classes.badge ?? ''} ${classes[tone] ?? ''}`}>
      <Sign size={14} stroke={2} aria-hidden />
      {children}
    </span>
  )
  return hint === undefined ? badge : <Tooltip label={hint} multiline maw={320}>{badge}</Tooltip>
}

export function CommandStatusBadge({ status }: { readonly status: CommandStatus }) {
  const words = commandStatusWords(status)
  return <ToneBadge tone={words.tone} hint={words.meaning}>{words.label}</ToneBadge>
}

export function ConnectionStatusBadge({ status, cause }: { readonly status: ConnectionStatus; readonly cause?: string | null }) {
  const words = connectionStatusWords(status)
  return <ToneBadge tone={words.tone} hint={cause ?? words.meaning}>{words.label}</ToneBadge>
}
