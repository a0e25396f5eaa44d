import { createColumnHelper } from '@tanstack/react-table'
import type { Vehicle } from '@/api/queries/vehicles'
import { formatCount } from '@/domain/durations'
import { formatAge, formatMoment } from '@/domain/moments'
import { linkName, type FleetColumn } from '@/domain/presence'
import { connectionStatusWords } from '@/domain/statuses'
import { useZone } from '@/session/preferences'
import { ToneBadge } from '@/ui/status-badge'
import { useNow } from '@/ui/ticking'
import { VehicleMark, VinText } from '@/ui/vehicle-target'
import type { Work } from './use-fleet'
import classes from './fleet.module.css'

/** One row: the vehicle and what it works on. */
export interface FleetRow {
  readonly vehicle: Vehicle
  readonly work: Work | undefined
}

function Presence({ vehicle }: { readonly vehicle: Vehicle }) {
  const { label, tone } = connectionStatusWords(vehicle.connection_status)
  return (
    <span className={classes.presence}>
      <ToneBadge tone={tone}>{label}</ToneBadge>
      {vehicle.status_cause !== null && <span className={classes.cause} title={vehicle.status_cause}>{vehicle.status_cause}</span>}
    </span>
  )
}

/** Lighter than the shared Age: many rows come and go while the table scrolls. */
function Seen({ at }: { readonly at: string | null }) {
  const zone = useZone()
  const now = useNow()
  if (at === null) return <span className={classes.quiet}>never</span>
  return <time dateTime={at} title={formatMoment(at, zone)}>{formatAge(at, now)}</time>
}

function Doing({ work }: { readonly work: Work | undefined }) {
  if (work === undefined) return null
  const waits = formatCount(work.waiting, 'waiting', 'waiting')
  return (
    <span className={classes.doing}>
      {work.running === null
        ? <ToneBadge tone="neutral">{waits}</ToneBadge>
        : <ToneBadge tone="busy">{work.running.command_name}</ToneBadge>}
      {work.running !== null && work.waiting > 0 && <span className={classes.cause}>{waits}</span>}
    </span>
  )
}

const column = createColumnHelper<FleetRow>()

/** Column ids are those of the sort order in the address; `doing` cannot be sorted. */
export const fleetColumns = [
  column.display({
    id: 'vin',
    header: 'VIN',
    cell: ({ row: { original: { vehicle } } }) => (
      // Not the router's own: it costs more than the rest of the row. The table opens it without loading the page anew.
      <a href={`/vehicles/${vehicle.vehicle_id}`} tabIndex={-1} className={classes.vinLink}>
        <VehicleMark vin={vehicle.vin} />
        <VinText vin={vehicle.vin} />
      </a>
    ),
  }),
  column.display({
    id: 'make',
    header: 'Make and model',
    cell: ({ row: { original: { vehicle: { make, model, year } } } }) => {
      const text = `${make} ${model}${year === null ? '' : ` · ${String(year)}`}`
      return <span className={classes.cut} title={text}>{text}</span>
    },
  }),
  column.display({ id: 'presence', header: 'Presence', cell: ({ row }) => <Presence vehicle={row.original.vehicle} /> }),
  column.display({ id: 'seen', header: 'Last answer', cell: ({ row }) => <Seen at={row.original.vehicle.last_seen_at} /> }),
  column.display({ id: 'doing', header: 'Works on', cell: ({ row }) => <Doing work={row.original.work} /> }),
  column.display({ id: 'link', header: 'Link', cell: ({ row }) => linkName(row.original.vehicle.address) }),
]

export function isSortable(id: string): id is FleetColumn {
  return id !== 'doing'
}
