import type { Vehicle } from '@/api/queries/vehicles'
import { presenceReason } from '@/domain/presence'
import { connectionStatusWords } from '@/domain/statuses'
import { useConnectionState } from '@/live/hooks'
import { Age, Moment } from '@/ui/moments'
import { ToneBadge } from '@/ui/status-badge'
import { Card } from './card'
import { usePresenceHistory } from './use-vehicle'
import classes from './vehicle.module.css'

/** Whether the vehicle answers, why not, and what changed while this page was open. */
export function PresenceCard({ vehicle }: { readonly vehicle: Vehicle }) {
  const history = usePresenceHistory(vehicle)
  const { phase } = useConnectionState()
  const { label, tone } = connectionStatusWords(vehicle.connection_status)
  return (
    <Card title="Presence">
      <div className={classes.line}>
        <ToneBadge tone={tone}>{label}</ToneBadge>
        <span>{vehicle.last_seen_at === null ? 'It has never answered.' : <>Last answer <Age at={vehicle.last_seen_at} /></>}</span>
      </div>
      <p className={classes.text}>{presenceReason(vehicle)}</p>
      {(phase === 'waiting' || phase === 'offline') && <p className={classes.warning}>Live updates are interrupted; this is read anew every 15 s.</p>}
      <h3 className={classes.small}>Since you opened this page</h3>
      <ol className={classes.moments} aria-label="Changes of presence">
        {history.map(({ status, cause, at }, index) => (
          <li key={at}>
            <Moment at={new Date(at).toISOString()} form="clock" />
            <span>{connectionStatusWords(status).label}{index === history.length - 1 ? ' (when opened)' : ''}{cause === null ? '' : `: ${cause}`}</span>
          </li>
        ))}
      </ol>
    </Card>
  )
}
