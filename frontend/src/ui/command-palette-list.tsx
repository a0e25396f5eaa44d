import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'
import { movedTo, type PaletteEntry, type PaletteGroup } from './command-palette-model'
import { VehicleMark } from './vehicle-target'
import classes from './command-palette.module.css'

interface PaletteListProps {
  readonly typed: string
  readonly onType: (typed: string) => void
  readonly groups: readonly PaletteGroup[]
  /** Said below the list: what is being looked for, or why nothing is there. */
  readonly hint: string
  readonly onPick: (entry: PaletteEntry) => void
}

/** A field and its list (ARIA Authoring Practices: combobox with listbox popup). Focus stays in the field. */
export function PaletteList({ typed, onType, groups, hint, onPick }: PaletteListProps) {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const [activeId, setActiveId] = useState<string | null>(null)
  const entries = groups.flatMap((group) => group.entries)
  // What was active may be gone after the next letter, or come back further down.
  const active = Math.max(entries.findIndex((entry) => entry.id === activeId), 0)
  const optionId = (index: number) => `${id}-option-${String(index)}`

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [active, typed])

  function onKeyDown(event: KeyboardEvent) {
    const next = movedTo(event.key, active, entries.length)
    if (next !== null) {
      event.preventDefault()
      setActiveId(entries[next]?.id ?? null)
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault()
      const chosen = entries[active]
      if (chosen !== undefined) onPick(chosen)
    }
  }

  let index = -1
  return (
    <div className={classes.palette}>
      <input
        className={classes.field} type="text" role="combobox" aria-expanded aria-controls={`${id}-list`} aria-autocomplete="list"
        aria-activedescendant={entries.length > 0 ? optionId(active) : undefined} aria-label="Find a command, a vehicle or a page"
        placeholder="Command, vehicle or page. Try: golf trouble" autoComplete="off" spellCheck={false} data-autofocus
        value={typed} onKeyDown={onKeyDown} onChange={(event) => { onType(event.currentTarget.value); setActiveId(null) }}
      />
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="What was found" className={classes.list}>
        {groups.map(({ title, entries: members }) => (
          <div key={title} role="group" aria-label={title}>
            <div className={classes.title} role="presentation">{title}</div>
            {members.map((entry) => {
              index += 1
              const place = index
              return (
                // Keys are handled by the field, which keeps the focus; a press must not take it away.
                // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- aria-activedescendant
                <div
                  key={entry.id} id={optionId(place)} role="option" aria-selected={place === active} className={classes.entry}
                  onMouseDown={(event) => event.preventDefault()} onMouseMove={() => setActiveId(entry.id)} onClick={() => onPick(entry)}
                >
                  {entry.vin !== null && <VehicleMark vin={entry.vin} />}
                  <span className={classes.label}>{entry.label}</span>
                  <span className={classes.detail}>{entry.detail}</span>
                </div>
              )
            })}
          </div>
        ))}
      </div>
      <div className={classes.foot} data-empty={entries.length === 0 || undefined}>
        <span role="status">{hint}</span>
        <span className={classes.keys} aria-hidden>↑ ↓ choose · Enter open · Esc close</span>
      </div>
    </div>
  )
}
