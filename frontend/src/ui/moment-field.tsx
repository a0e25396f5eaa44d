import { TextInput } from '@mantine/core'
import { formatMoment, zoneName } from '@/domain/moments'
import { fromZonedInput, toZonedInput } from '@/domain/zoned-input'
import { useZone } from '@/session/preferences'
import classes from './filters.module.css'

interface MomentFieldProps {
  readonly label: string
  /** ISO moment, as it stands in the address. */
  readonly value: string | undefined
  readonly onChange: (iso: string | undefined) => void
}

/** A moment in the user's zone, which the label names. */
export function MomentField({ label, value, onChange }: MomentFieldProps) {
  const zone = useZone()
  const shown = toZonedInput(value, zone)
  const at = new Date(value ?? '')
  const named = zoneName(Number.isNaN(at.getTime()) ? new Date() : at, zone)
  return (
    <TextInput
      key={shown} className={classes.normal ?? ''} type="datetime-local" label={`${label} (${named})`} defaultValue={shown}
      title={value === undefined ? undefined : formatMoment(value, zone)}
      onBlur={(event) => {
        const text = event.currentTarget.value
        if (text !== shown) onChange(fromZonedInput(text, zone) ?? undefined)
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur()
      }}
    />
  )
}
