import { Tooltip } from '@mantine/core'
import { formatAge, formatClock, formatMoment } from '@/domain/moments'
import { useZone } from '@/session/preferences'
import { useNow } from './ticking'

interface MomentProps {
  readonly at: string
  /** `full` (default) with the day; `clock` where the day is clear. */
  readonly form?: 'full' | 'clock'
  readonly milliseconds?: boolean
}

/** A moment in the user's zone, the zone named. */
export function Moment({ at, form = 'full', milliseconds = false }: MomentProps) {
  const zone = useZone()
  const text = form === 'full' ? formatMoment(at, zone, milliseconds) : formatClock(at, zone, milliseconds)
  return <time dateTime={at}>{text}</time>
}

/** How long ago, counting up; the moment itself on hover. */
export function Age({ at }: { readonly at: string }) {
  const zone = useZone()
  const text = formatAge(at, useNow())
  return <Tooltip label={formatMoment(at, zone)}><time dateTime={at}>{text}</time></Tooltip>
}
