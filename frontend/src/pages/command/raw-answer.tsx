import { Button } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef, useState } from 'react'
import type { AnswerChunk } from '@/domain/answers'
import { bytesOf } from '@/domain/answers-bytes'
import { formatCount } from '@/domain/durations'
import { CopyIcon } from '@/ui/copy-button'
import layout from '@/ui/layout.module.css'
import { Moment } from '@/ui/moments'
import classes from './command.module.css'
import { HexView } from './hex-view'
import { Json } from './other-parts'
import { partTime } from './use-command'

interface RawAnswerProps {
  readonly chunks: readonly AnswerChunk[]
  readonly received: ReadonlyMap<number, string>
}

/** The answer as it is stored, on demand. */
export function RawAnswer({ chunks, received }: RawAnswerProps) {
  const [isOpen, setOpen] = useState(false)
  if (chunks.length === 0) return null
  return (
    <section className={`${layout.card ?? ''} no-print`} aria-labelledby="raw-title">
      <div className={classes.head}>
        <h2 id="raw-title" className={classes.title}>Raw answer <span className={classes.dim}>{formatCount(chunks.length, 'part')}</span></h2>
        <Button size="compact-sm" variant="default" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide' : 'Show JSON and bytes'}
        </Button>
      </div>
      {isOpen && <ChunkList chunks={chunks} received={received} />}
    </section>
  )
}

/** Only the chunks in sight are in the page, so that thousands stay smooth. */
function ChunkList({ chunks, received }: RawAnswerProps) {
  const [chosen, setChosen] = useState<number | null>(chunks.length === 1 ? 1 : null)
  const frame = useRef<HTMLDivElement>(null)
  // eslint-disable-next-line react-hooks/incompatible-library -- the list stays below its own component, which is not memoised
  const rows = useVirtualizer({
    count: chunks.length, getScrollElement: () => frame.current, estimateSize: () => 34, overscan: 12,
  })
  const chunk = chosen === null ? undefined : chunks[chosen - 1]
  return (
    <>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be focusable (WCAG 2.1.1) */}
      <div ref={frame} className={classes.chunks} role="region" aria-label="Parts of the answer" tabIndex={0}>
        <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const row = chunks[index]
            if (row === undefined) return null
            const at = partTime(row, received)
            return (
              <button
                key={index} type="button" className={classes.chunk} aria-pressed={chosen === row.sequenceNumber}
                style={{ transform: `translateY(${String(start)}px)` }} onClick={() => setChosen(row.sequenceNumber)}
              >
                <b>{row.sequenceNumber}</b>
                <span className={classes.dim} title={at?.isStored === false ? 'When this page received it; the server’s time follows when the command has ended.' : 'When the server stored it.'}>
                  {at !== null && <>{!at.isStored && '≈ '}<Moment at={at.at} form="clock" milliseconds /></>}
                </span>
                <code>{JSON.stringify(row.payload)}</code>
              </button>
            )
          })}
        </div>
      </div>
      {chunk === undefined ? <p className={classes.dim}>Choose a part to see all of it, with its bytes.</p> : <OneChunk chunk={chunk} />}
    </>
  )
}

function OneChunk({ chunk }: { readonly chunk: AnswerChunk }) {
  const text = JSON.stringify(chunk.payload, null, 2)
  return (
    <div>
      <div className={classes.head}>
        <h3 className={classes.title}>Part {chunk.sequenceNumber}{chunk.isFinal && ' (the last)'}</h3>
        <CopyIcon value={text} what={`JSON of part ${String(chunk.sequenceNumber)}`} />
      </div>
      <Json value={chunk.payload} label={`JSON of part ${String(chunk.sequenceNumber)}`} />
      {bytesOf(chunk.payload).map(({ path, hex }) => <HexView key={path} title={path} hex={hex} />)}
    </div>
  )
}
