import { Checkbox, Table } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Command } from '@/api/queries/commands'
import type { Vehicle } from '@/api/queries/vehicles'
import { durationBetween, formatDuration } from '@/domain/durations'
import { isTerminal } from '@/domain/statuses'
import { vehicleName } from '@/domain/vehicle-identity'
import classes from '@/ui/filters.module.css'
import { Moment } from '@/ui/moments'
import { CommandStatusBadge } from '@/ui/status-badge'
import { useNow } from '@/ui/ticking'
import { VehicleMark, VinText } from '@/ui/vehicle-target'
import own from './history.module.css'

interface HistoryTableProps {
  readonly commands: readonly Command[]
  readonly vehicles: ReadonlyMap<string, Vehicle>
  readonly nameOf: (userId: string) => string
  /** Picked to compare, in the order of picking. */
  readonly picked: readonly Command[]
  readonly onPick: (command: Command) => void
}

function Running({ since }: { readonly since: string }) {
  const length = useNow() - new Date(since).getTime()
  return <>{formatDuration(Math.max(0, Math.floor(length / 1000) * 1000))} so far</>
}

/** How long the vehicle worked; before that, how long it has waited. */
function Duration({ command }: { readonly command: Command }) {
  const { status, submitted_at: submitted, started_at: started, completed_at: completed } = command
  if (!isTerminal(status)) return <Running since={started ?? submitted} />
  const worked = durationBetween(started, completed)
  return worked === null ? <span className={own.dimmed}>never started</span> : <>{formatDuration(worked)}</>
}

function VehicleCell({ id, vehicle }: { readonly id: string; readonly vehicle: Vehicle | undefined }) {
  return (
    <Link to="/vehicles/$vehicleId" params={{ vehicleId: id }} search={{}} className={classes.link ?? ''}>
      {vehicle === undefined ? <span className={own.vehicle}>{id.slice(0, 8)}</span> : (
        <span className={own.vehicle}>
          <VehicleMark vin={vehicle.vin} />
          <VinText vin={vehicle.vin} />
        </span>
      )}
      <span className={own.model} title={vehicle && vehicleName(vehicle)}>{vehicle === undefined ? ' ' : vehicleName(vehicle)}</span>
    </Link>
  )
}

function hindrance(command: Command, picked: readonly Command[]): string | null {
  const first = picked[0]
  if (picked.some(({ command_id }) => command_id === command.command_id)) return null
  if (picked.length >= 2) return 'Two are picked already. Take one away first.'
  if (first !== undefined && first.command_name !== command.command_name) return `Only answers of the same command can be compared: pick another ${first.command_name}.`
  return isTerminal(command.status) ? null : 'It has not ended yet: there is no whole answer to compare.'
}

function Row({ command, vehicles, nameOf, picked, onPick }: Omit<HistoryTableProps, 'commands'> & { readonly command: Command }) {
  const isPicked = picked.some(({ command_id }) => command_id === command.command_id)
  const hindered = hindrance(command, picked)
  const sender = nameOf(command.user_id)
  const vin = vehicles.get(command.vehicle_id)?.vin ?? 'unknown vehicle'
  return (
    <Table.Tr data-picked={isPicked || undefined} className={own.row ?? ''}>
      <Table.Td>
        <Checkbox
          checked={isPicked} disabled={hindered !== null} onChange={() => onPick(command)} title={hindered ?? undefined}
          aria-label={`Compare ${command.command_name} of ${vin}, ${command.submitted_at}`}
        />
      </Table.Td>
      <Table.Td className={own.when ?? ''}><Moment at={command.submitted_at} /></Table.Td>
      <Table.Td>
        <Link to="/commands/$commandId" params={{ commandId: command.command_id }} search={{}} className={own.name ?? ''}>{command.command_name}</Link>
        <span className={own.more}>by {sender}</span>
      </Table.Td>
      <Table.Td><VehicleCell id={command.vehicle_id} vehicle={vehicles.get(command.vehicle_id)} /></Table.Td>
      <Table.Td>
        <CommandStatusBadge status={command.status} />
        <span className={own.more}><Duration command={command} /></span>
        {command.error !== null && <div className={own.reason} title={command.error.message}>{command.error.message}</div>}
      </Table.Td>
      <Table.Td className={own.wide ?? ''}><Duration command={command} /></Table.Td>
      <Table.Td className={own.wide ?? ''}>{sender}</Table.Td>
    </Table.Tr>
  )
}

export function HistoryTable({ commands, ...rest }: HistoryTableProps) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Commands, newest first">
      <Table miw={680}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={40}><span className={own.hidden}>Compare</span></Table.Th>
            <Table.Th className={own.whenHead ?? ''}>Sent</Table.Th>
            <Table.Th w={150}>Command</Table.Th>
            <Table.Th className={own.vehicleHead ?? ''}>Vehicle</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th className={own.wide ?? ''} w={130}>Took</Table.Th>
            <Table.Th className={own.wide ?? ''} w={130}>Sent by</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {commands.map((command) => <Row key={command.command_id} command={command} {...rest} />)}
        </Table.Tbody>
      </Table>
    </div>
  )
}
