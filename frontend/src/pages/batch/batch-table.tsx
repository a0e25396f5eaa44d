import { Table, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { formatDuration } from '@/domain/durations'
import { vehicleName } from '@/domain/vehicle-identity'
import { Age } from '@/ui/moments'
import { Empty } from '@/ui/states'
import { CommandStatusBadge, ToneBadge } from '@/ui/status-badge'
import { VehicleMark, VinText } from '@/ui/vehicle-target'
import { tookMs, type BatchRow, type BatchShow } from './batch-rows'
import classes from './batch.module.css'

interface BatchTableProps {
  readonly rows: readonly BatchRow[]
  readonly show: BatchShow
}

export function BatchTable({ rows, show }: BatchTableProps) {
  if (rows.length === 0) {
    return show === 'failed'
      ? <Empty title="Nothing went wrong so far">Every vehicle that has ended has answered completely.</Empty>
      : <Empty title="All have ended">No command waits or runs any more.</Empty>
  }
  return (
    <div className={classes.scroll}>
      <Table stickyHeader={false} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Vehicle</Table.Th>
            <Table.Th className={classes.status}>Status</Table.Th>
            <Table.Th>Outcome</Table.Th>
            <Table.Th className={classes.time}>Time</Table.Th>
            <Table.Th className={classes.open}><span className={classes.hidden}>Open</span></Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{rows.map((row) => <Row key={row.key} row={row} />)}</Table.Tbody>
      </Table>
    </div>
  )
}

function Row({ row }: { readonly row: BatchRow }) {
  const { vehicle, command, commandId, note } = row
  return (
    <Table.Tr>
      <Table.Td>
        {vehicle === null ? <Text c="dimmed">reading…</Text> : (
          <Link to="/vehicles/$vehicleId" params={{ vehicleId: vehicle.vehicle_id }} className={classes.vehicle ?? ''}>
            <span className={classes.vin}><VehicleMark vin={vehicle.vin} /> <VinText vin={vehicle.vin} /></span>
            <Text size="sm" c="dimmed">{vehicleName(vehicle)}</Text>
          </Link>
        )}
      </Table.Td>
      <Table.Td>
        {commandId === null && <ToneBadge tone="bad">Not sent</ToneBadge>}
        {command !== null && <CommandStatusBadge status={command.status} />}
      </Table.Td>
      <Table.Td className={classes.note}>{note}</Table.Td>
      <Table.Td><Took row={row} /></Table.Td>
      <Table.Td>{commandId !== null && <Link to="/commands/$commandId" params={{ commandId }} className={classes.link ?? ''}>Open<span className={classes.hidden}> the answer of {vehicle?.vin ?? 'this vehicle'}</span></Link>}</Table.Td>
    </Table.Tr>
  )
}

function Took({ row }: { readonly row: BatchRow }) {
  const took = tookMs(row)
  if (took !== null) return formatDuration(took)
  return row.command === null ? null : <Text size="sm" c="dimmed">sent <Age at={row.command.submitted_at} /></Text>
}
