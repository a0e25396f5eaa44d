import { SegmentedControl } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { presenceHistoryQuery, presenceRanges, type PresenceRange } from '@/api/queries/presence-history'
import type { Vehicle } from '@/api/queries/vehicles'
import { presenceReason } from '@/domain/presence'
import { formatShare, type PresenceHistory } from '@/domain/presence-history'
import { connectionStatusWords } from '@/domain/statuses'
import { useConnectionState } from '@/live/hooks'
import { Age } from '@/ui/moments'
import { Loading, QueryStates } from '@/ui/states'
import { ToneBadge } from '@/ui/status-badge'
import { useNow } from '@/ui/ticking'
import { Card } from './card'
import { PresenceChanges } from './presence-changes'
import { PresenceStrip } from './presence-strip'
import classes from './vehicle.module.css'

const AGAIN_MS = 60_000
const names: Record<PresenceRange, string> = { day: 'last 24 hours', week: 'last 7 days' }
const ranges = [{ value: 'day', label: '24 h' }, { value: 'week', label: '7 days' }] as const

/** Whether the vehicle answers, why not, and how that was before. */
export function PresenceCard({ vehicle }: { readonly vehicle: Vehicle }) {
  const [range, setRange] = useState<PresenceRange>('day')
  const { phase } = useConnectionState()
  const query = useQuery({
    ...presenceHistoryQuery(useApi(), vehicle.vehicle_id, range, vehicle.status_since),
    placeholderData: keepPreviousData, refetchInterval: AGAIN_MS,
  })
  const { label, tone } = connectionStatusWords(vehicle.connection_status)
  return (
    <Card
      title="Presence"
      action={<SegmentedControl size="xs" aria-label="Time looked back at" data={[...ranges]} value={range} onChange={(value) => setRange(value === 'week' ? 'week' : 'day')} />}
    >
      <div className={classes.line}>
        <ToneBadge tone={tone}>{label}</ToneBadge>
        <span>{vehicle.last_seen_at === null ? 'It has never answered.' : <>Last answer <Age at={vehicle.last_seen_at} /></>}</span>
      </div>
      <p className={classes.text}>{presenceReason(vehicle)}</p>
      {(phase === 'waiting' || phase === 'offline') && <p className={classes.warning}>Live updates are interrupted; this is read anew every 15 s.</p>}
      <QueryStates query={query} loading={<Loading rows={4} label="Loading the presence history" />}>
        {(history) => <Past history={history} readAt={query.dataUpdatedAt} />}
      </QueryStates>
    </Card>
  )
}

/** `readAt` is this computer's time when the history was read. */
function Past({ history, readAt }: { readonly history: PresenceHistory; readonly readAt: number }) {
  const passed = Math.max(0, useNow() - readAt)
  // The server's clock, gone on: this computer's may be wrong.
  const to = new Date(history.until).getTime() + passed
  // Of the history itself: while another range is being read, the one before is still shown.
  const length = new Date(history.until).getTime() - new Date(history.since).getTime()
  const name = names[length > 2 * presenceRanges.day ? 'week' : 'day']
  const share = history.summary.online_share
  return (
    <>
      <h3 className={classes.small}>{share === null ? `Nothing is recorded of the ${name}` : `Connected ${formatShare(share)} of the ${name}${history.summary.unrecorded_s > 0 ? ', as far as recorded' : ''}`}</h3>
      <PresenceStrip history={history} window={{ from: to - length, to }} spanName={name} />
      <h3 className={classes.small}>Last changes</h3>
      <PresenceChanges history={history} now={to} />
    </>
  )
}
