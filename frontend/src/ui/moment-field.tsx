import { ActionIcon, TextInput } from '@mantine/core'
import { IconCalendar } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { formatMoment, zoneName } from '@/domain/moments'
import { momentExample, readTypedMoment, typedMoment, type DayEdge } from '@/domain/typed-moment'
import { fromZonedInput, toZonedInput } from '@/domain/zoned-input'
import { useZone } from '@/session/preferences'
import classes from './filters.module.css'

interface MomentFieldProps {
  readonly label: string
  /** ISO moment, as it stands in the address. */
  readonly value: string | undefined
  /** What a day without a time means. */
  readonly edge: DayEdge
  readonly onChange: (iso: string | undefined) => void
}

/**
 * A moment in the user's zone, which the label names, written year first: the browser's own field writes it in the
 * order of its language, which may be another one than the reader's.
 */
export function MomentField({ label, value, edge, onChange }: MomentFieldProps) {
  const zone = useZone()
  const at = new Date(value ?? '')
  const isMoment = !Number.isNaN(at.getTime())
  const named = `${label} (${zoneName(isMoment ? at : new Date(), zone)})`
  return <Typed key={`${value ?? ''} ${zone}`} label={named} name={label} zone={zone} value={isMoment ? value : undefined} edge={edge} onChange={onChange} />
}

function Typed({ label, name, zone, value, edge, onChange }: MomentFieldProps & { readonly name: string; readonly zone: string }) {
  const shown = typedMoment(value, zone)
  const [text, setText] = useState(shown)
  const [isWrong, setWrong] = useState(false)
  const calendar = useRef<HTMLInputElement>(null)

  function settle() {
    if (text.trim() === shown) { setWrong(false); return; }
    if (text.trim() === '') { onChange(undefined); return; }
    const read = readTypedMoment(text, zone, new Date(), edge)
    if (read === null) { setWrong(true); return; }
    onChange(read)
  }

  function openCalendar() {
    // What is picked counts when the calendar's field loses the focus.
    calendar.current?.focus()
    calendar.current?.showPicker()
  }

  return (
    <TextInput
      className={classes.moment ?? ''} label={label} placeholder="yyyy-mm-dd hh:mm" value={text} autoComplete="off"
      title={value === undefined ? 'Also: 2026-11-23, 14:05, today, 2 h, 7 d' : formatMoment(value, zone)}
      error={isWrong ? `Write it as ${momentExample}` : undefined}
      onChange={(event) => {
        setText(event.currentTarget.value)
        setWrong(false)
      }}
      onBlur={settle}
      onKeyDown={(event) => {
        if (event.key === 'Enter') settle()
      }}
      rightSection={
        <>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`${name}: choose from a calendar`} onClick={openCalendar}>
            <IconCalendar size={16} aria-hidden />
          </ActionIcon>
          <input
            ref={calendar} type="datetime-local" tabIndex={-1} aria-label={`${name}: calendar`} className={classes.picker} defaultValue={toZonedInput(value, zone)}
            onChange={(event) => {
              const read = fromZonedInput(event.currentTarget.value, zone)
              if (read !== null) setText(typedMoment(read, zone))
            }}
            onBlur={(event) => {
              const read = fromZonedInput(event.currentTarget.value, zone)
              if (read !== null && typedMoment(read, zone) !== shown) onChange(read)
            }}
          />
        </>
      }
    />
  )
}
