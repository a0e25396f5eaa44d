import { Button, Group, Text, TextInput } from '@mantine/core'
import { useEffect, useRef, type MouseEvent } from 'react'
import type { Vehicle } from '@/api/queries/vehicles'
import { wantedTyping } from '@/domain/risk'
import { VehicleMark, VinText } from '@/ui/vehicle-target'
import classes from './send-command.module.css'

interface TypedConfirmationProps {
  readonly vehicles: readonly Vehicle[]
  readonly typed: string
  readonly onChange: (typed: string) => void
  readonly problem: string | undefined
}

/** The eye compares the VIN because the hand types it. */
export function TypedConfirmation({ vehicles, typed, onChange, problem }: TypedConfirmationProps) {
  const wanted = wantedTyping(vehicles.map(({ vin }) => vin))
  const isOne = vehicles.length === 1
  return (
    <TextInput
      label={isOne ? `Type the last ${String(wanted.length)} characters of the VIN` : 'Type how many vehicles get this command'} withAsterisk
      description={isOne ? 'Compare them with the vehicle in front of you, not with this page.' : 'It goes to every vehicle that is shown at the top.'}
      value={typed} onChange={(event) => onChange(event.currentTarget.value)} error={problem}
      autoComplete="off" spellCheck={false} maxLength={6} maw={360} data-field="typed" classNames={{ input: classes.code ?? '' }}
    />
  )
}

interface ConfirmLineProps {
  readonly vehicles: readonly Vehicle[]
  readonly title: string
  readonly busy: boolean
  readonly onConfirm: (event: MouseEvent) => void
  readonly onBack: () => void
}

/** One more press, on a button that says what happens. */
export function ConfirmLine({ vehicles, title, busy, onConfirm, onBack }: ConfirmLineProps) {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  const [only] = vehicles
  return (
    <Group gap="sm" role="group" aria-label="Confirm">
      <Text>
        This changes {vehicles.length === 1 ? 'the vehicle' : `${String(vehicles.length)} vehicles`}.
        {only !== undefined && vehicles.length === 1 && <> {title} on <VehicleMark vin={only.vin} /> <VinText vin={only.vin} />?</>}
        {vehicles.length > 1 && ` ${title} on all of them?`}
      </Text>
      <Button ref={button} color="orange" loading={busy} onClick={onConfirm}>Yes, send</Button>
      <Button variant="default" disabled={busy} onClick={onBack}>Go back</Button>
    </Group>
  )
}
