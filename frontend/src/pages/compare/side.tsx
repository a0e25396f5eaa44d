import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useApi } from '@/api/client'
import { definitionsQuery, type Command } from '@/api/queries/commands'
import { vehicleQuery } from '@/api/queries/vehicles'
import { durationBetween, formatCount, formatDuration } from '@/domain/durations'
import { requestLine } from '@/domain/request-facts'
import { vehicleName } from '@/domain/vehicle-identity'
import filters from '@/ui/filters.module.css'
import layout from '@/ui/layout.module.css'
import { Age, Moment } from '@/ui/moments'
import { useUserNames } from '@/ui/names'
import { CommandStatusBadge } from '@/ui/status-badge'
import { VehicleMark, VinText } from '@/ui/vehicle-target'
import classes from './compare.module.css'

interface SideProps {
  readonly name: 'Left' | 'Right'
  readonly command: Command
  readonly chunks: number
}

/** Whose answer it is, and from when. */
export function Side({ name, command, chunks }: SideProps) {
  const { data: vehicle } = useQuery({ ...vehicleQuery(useApi(), command.vehicle_id), staleTime: 5 * 60_000 })
  const nameOf = useUserNames([command.user_id])
  const took = durationBetween(command.started_at, command.completed_at)
  return (
    <section className={layout.card} aria-label={`${name} command`}>
      <div className={classes.sideHead}>
        <Text c="dimmed" size="sm">{name}</Text>
        <Link to="/commands/$commandId" params={{ commandId: command.command_id }} search={{}} className={classes.command ?? ''}>{command.command_name}</Link>
        <CommandStatusBadge status={command.status} />
      </div>
      <div className={classes.sideLine}>
        {vehicle === undefined ? command.vehicle_id.slice(0, 8) : (
          <Link to="/vehicles/$vehicleId" params={{ vehicleId: command.vehicle_id }} search={{}} className={`${filters.link ?? ''} ${classes.vehicle ?? ''}`}>
            <VehicleMark vin={vehicle.vin} /> <VinText vin={vehicle.vin} /> <span className={classes.model}>{vehicleName(vehicle)}</span>
          </Link>
        )}
      </div>
      <div className={classes.sideLine}>
        <Moment at={command.submitted_at} /> (<Age at={command.submitted_at} />), by {nameOf(command.user_id)}
      </div>
      <Text c="dimmed" size="sm">
        {formatCount(chunks, 'part')}{took === null ? '' : `, took ${formatDuration(took)}`}
      </Text>
      <Params command={command} />
    </section>
  )
}

function Params({ command }: { readonly command: Command }) {
  const { data: definitions } = useQuery(definitionsQuery(useApi()))
  const line = requestLine(command, definitions?.find(({ name }) => name === command.command_name) ?? null)
  return <Text size="sm" c="dimmed">{line === '' ? 'No parameters' : line}</Text>
}
