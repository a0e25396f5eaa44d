import { Button, Checkbox, Group, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { vehicleListQuery, type Vehicle } from '@/api/queries/vehicles'
import { formatCount } from '@/domain/durations'
import { vehicleName } from '@/domain/vehicle-identity'
import { QueryStates } from '@/ui/states'
import { ConnectionStatusBadge } from '@/ui/status-badge'
import { VehicleMark, VinText } from '@/ui/vehicle-target'
import classes from './send-command.module.css'

/** More at a time is work for the command line, which can be stopped and taken up again. */
export const MOST_VEHICLES = 200

interface VehiclePickerProps {
  readonly chosen: readonly string[]
  readonly onChange: (ids: readonly string[]) => void
  readonly onDone: () => void
}

/** Finds vehicles by VIN, make or model; one is one press, many are checked off. */
export function VehiclePicker({ chosen, onChange, onDone }: VehiclePickerProps) {
  const [typed, setTyped] = useState('')
  const [search] = useDebouncedValue(typed.trim(), 200)
  const filter = { limit: MOST_VEHICLES, ...(search === '' ? {} : { search }) }
  const query = useQuery({ ...vehicleListQuery(useApi(), filter), placeholderData: keepPreviousData })
  const isFull = chosen.length >= MOST_VEHICLES

  function toggle({ vehicle_id: id }: Vehicle) {
    onChange(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id])
  }

  return (
    <section className={classes.card} aria-label="Choose vehicles">
      <TextInput
        label="Find vehicles" placeholder="VIN, make or model" data-autofocus
        value={typed} onChange={(event) => setTyped(event.currentTarget.value)}
        description={`One or many, ${String(MOST_VEHICLES)} at most. Each gets the same command with the same parameters.`}
      />
      <QueryStates query={query}>
        {({ items, total }) => (
          <>
            <Group justify="space-between" gap="xs" mt="xs" mih={30}>
              <Text size="sm" c="dimmed" aria-live="polite">
                {formatCount(total, 'vehicle')} found{total > items.length && `, the first ${String(items.length)} shown`} · {chosen.length} chosen
              </Text>
              <Group gap="xs">
                <Button
                  size="compact-sm" variant="default" disabled={items.length === 0}
                  onClick={() => onChange([...new Set([...chosen, ...items.map(({ vehicle_id: id }) => id)])].slice(0, MOST_VEHICLES))}
                >
                  Add all {items.length}
                </Button>
                <Button size="compact-sm" variant="default" disabled={chosen.length === 0} onClick={() => onChange([])}>Choose none</Button>
                <Button size="compact-sm" disabled={chosen.length === 0} onClick={onDone}>Done</Button>
              </Group>
            </Group>
            {items.length === 0 && (
              <Text py="md" c="dimmed">
                {search === ''
                  ? 'No vehicle is registered, or none lies inside what your account may see. An administrator adds them.'
                  : `No vehicle fits “${search}”. Check the spelling, or type only the end of the VIN.`}
              </Text>
            )}
            <ul className={classes.pickList}>
              {items.map((vehicle) => {
                const isChosen = chosen.includes(vehicle.vehicle_id)
                return (
                  <li key={vehicle.vehicle_id} className={classes.pick}>
                    <Checkbox
                      checked={isChosen} disabled={!isChosen && isFull} onChange={() => toggle(vehicle)}
                      label={<span className={classes.pickLabel}><VehicleMark vin={vehicle.vin} /><VinText vin={vehicle.vin} /><span>{vehicleName(vehicle)}</span></span>}
                    />
                    <ConnectionStatusBadge status={vehicle.connection_status} cause={vehicle.status_cause} />
                  </li>
                )
              })}
            </ul>
          </>
        )}
      </QueryStates>
    </section>
  )
}
