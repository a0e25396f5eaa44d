import { Button, Group, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Vehicle } from '@/api/queries/vehicles'
import { formatCount } from '@/domain/durations'
import { vehicleColour, vehicleName } from '@/domain/vehicle-identity'
import { Age } from '@/ui/moments'
import { ConnectionStatusBadge } from '@/ui/status-badge'
import { VehicleMark, VinText } from '@/ui/vehicle-target'
import classes from './send-command.module.css'

interface TargetBarProps {
  readonly vehicles: readonly Vehicle[]
  readonly onChange: () => void
  readonly isChanging: boolean
}

/** Where the command goes: stays in sight while the form is filled in. */
export function TargetBar({ vehicles, onChange, isChanging }: TargetBarProps) {
  const [only] = vehicles
  const isOne = vehicles.length === 1
  const colour = only !== undefined && isOne ? vehicleColour(only.vin).css : 'var(--mantine-color-default-border)'
  return (
    <section className={classes.target} style={{ borderInlineStartColor: colour }} aria-label="Target of the command">
      <div className={classes.targetText}>
        {only === undefined && <Text c="dimmed">{isChanging ? 'No vehicle chosen. Choose one or many below.' : 'No vehicle chosen.'}</Text>}
        {only !== undefined && isOne && <OneTarget vehicle={only} />}
        {vehicles.length > 1 && <ManyTargets vehicles={vehicles} />}
      </div>
      <Button variant="default" size="xs" onClick={onChange} aria-expanded={isChanging}>
        {isChanging ? 'Close the list' : only === undefined ? 'Choose vehicles' : 'Change'}
      </Button>
    </section>
  )
}

function OneTarget({ vehicle }: { readonly vehicle: Vehicle }) {
  const { vin, connection_status: status, status_cause: cause, last_seen_at: seen } = vehicle
  return (
    <>
      <Group gap="sm">
        <Link to="/vehicles/$vehicleId" params={{ vehicleId: vehicle.vehicle_id }} className={classes.vinLink ?? ''}><VinText vin={vin} /></Link>
        <Text fw={600}>{vehicleName(vehicle)}</Text>
        <VehicleMark vin={vin} named />
      </Group>
      <Group gap="xs">
        <ConnectionStatusBadge status={status} cause={cause} />
        <Text size="sm" c="dimmed">{seen === null ? 'it has never answered' : <>last answer <Age at={seen} /></>}</Text>
      </Group>
    </>
  )
}

const SHOWN = 10

function ManyTargets({ vehicles }: { readonly vehicles: readonly Vehicle[] }) {
  const away = vehicles.filter(({ connection_status }) => connection_status !== 'connected').length
  return (
    <>
      <Group gap="sm">
        <Text fw={600}>{formatCount(vehicles.length, 'vehicle')}</Text>
        <Text size="sm" c="dimmed">{away === 0 ? 'all connected' : `${String(away)} not connected`}</Text>
      </Group>
      <ul className={classes.chips}>
        {vehicles.slice(0, SHOWN).map(({ vehicle_id: id, vin }) => (
          <li key={id} className={classes.chip} title={vin}><VehicleMark vin={vin} /> …{vin.slice(-6)}</li>
        ))}
        {vehicles.length > SHOWN && <li className={classes.chip}>and {vehicles.length - SHOWN} more</li>}
      </ul>
    </>
  )
}
