import { useState, type KeyboardEvent, type PointerEvent } from 'react'
import { formatShare, joinShort, sharesOf, spanLabel, spanWords, spansOf, type PresenceHistory, type SpanKind, type StripWindow } from '@/domain/presence-history'
import { useZone } from '@/session/preferences'
import classes from './presence-strip.module.css'

/** Parts of the strip: what is shorter is drawn together with short neighbours. */
const PARTS = 120

interface PresenceStripProps {
  readonly history: PresenceHistory
  readonly window: StripWindow
  /** `last 24 hours`. */
  readonly spanName: string
}

/** Presence as spans of colour and pattern. Pointer, touch and arrow keys tell each span in words. */
export function PresenceStrip({ history, window, spanName }: PresenceStripProps) {
  const zone = useZone()
  const spans = joinShort(spansOf(history, window), (window.to - window.from) / PARTS)
  const newest = spans.length - 1
  // Chosen by its beginning, not its place: a live change must not move the eye to another span.
  const [chosenFrom, setChosenFrom] = useState<number | null>(null)
  const [isActive, setActive] = useState(false)
  const found = spans.findLastIndex(({ from }) => chosenFrom !== null && from <= chosenFrom)
  const chosen = found < 0 ? newest : found
  const span = spans[chosen]
  const choose = (index: number) => setChosenFrom(spans[Math.min(newest, Math.max(0, index))]?.from ?? null)
  const point = (event: PointerEvent) => {
    const index = event.target instanceof HTMLElement ? event.target.dataset.index : undefined
    if (index === undefined) return
    choose(Number(index))
    setActive(true)
  }
  const move = (event: KeyboardEvent) => {
    const next = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, ArrowDown: chosen - 1, ArrowUp: chosen + 1, Home: 0, End: newest }[event.key]
    if (next === undefined) return
    event.preventDefault()
    choose(next)
  }
  if (span === undefined) return null
  return (
    <div>
      <div
        className={classes.strip} role="slider" tabIndex={0} aria-label={`Presence in the ${spanName}`} aria-roledescription="time line"
        aria-valuemin={1} aria-valuemax={spans.length} aria-valuenow={chosen + 1} aria-valuetext={spanWords(span, zone)}
        onKeyDown={move} onFocus={() => setActive(true)} onBlur={() => setActive(false)}
        onPointerMove={point} onPointerDown={point} onPointerLeave={() => setActive(false)}
      >
        {spans.map(({ kind, from, to }, index) => (
          <span
            key={from} data-index={index} style={{ flexGrow: (to - from) / (window.to - window.from) }}
            className={`${classes.span ?? ''} ${classes[kind] ?? ''} ${isActive && index === chosen ? (classes.chosen ?? '') : ''}`}
          />
        ))}
      </div>
      <div className={classes.scale} aria-hidden>{spanName === 'last 24 hours' ? <><span>24 h ago</span><span>12 h ago</span></> : <><span>7 d ago</span><span>3.5 d ago</span></>}<span>now</span></div>
      <p className={classes.words} aria-hidden>{isActive ? spanWords(span, zone) : 'Point at the strip, or use the arrow keys on it, to see when and why.'}</p>
      <Shares history={history} />
    </div>
  )
}

/** What the patterns mean, and how much of the time each had. */
function Shares({ history }: { readonly history: PresenceHistory }) {
  return (
    <ul className={classes.shares} aria-label="Shares of the time">
      {sharesOf(history.summary).map(({ kind, share }) => (
        <li key={kind}><Swatch kind={kind} />{spanLabel(kind)} {formatShare(share)}</li>
      ))}
    </ul>
  )
}

function Swatch({ kind }: { readonly kind: SpanKind }) {
  return <span aria-hidden className={`${classes.swatch ?? ''} ${classes[kind] ?? ''}`} />
}
