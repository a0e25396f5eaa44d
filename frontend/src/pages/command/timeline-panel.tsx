import type { Command } from '@/api/queries/commands'
import type { components } from '@/contracts/openapi'
import { formatCount, formatDuration } from '@/domain/durations'
import { milestones, stages } from '@/domain/outcome-timeline'
import { isTerminal } from '@/domain/statuses'
import layout from '@/ui/layout.module.css'
import { Moment } from '@/ui/moments'
import { useNow } from '@/ui/ticking'
import classes from './command.module.css'

interface TimelinePanelProps {
  readonly command: Command
  readonly timeline: readonly components['schemas']['TimelineItem'][]
  readonly received: ReadonlyMap<number, string>
  readonly chunks: number
}

/** From the click to the last word of the control unit. The bar is drawn to scale; the list says the same. */
export function TimelinePanel({ command, timeline, received, chunks }: TimelinePanelProps) {
  const now = useNow()
  const times = [...received.entries()].sort(([a], [b]) => a - b).map(([, at]) => at)
  const found = stages(command, times, now)
  const total = found.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const isOpen = !isTerminal(command.status)
  return (
    <section className={layout.card} aria-labelledby="timeline-title">
      <h2 id="timeline-title" className={classes.title}>
        Timeline <span className={classes.dim}>{formatDuration(total)}{isOpen ? ' so far' : ' in all'}</span>
      </h2>
      <div className={classes.bar} aria-hidden>
        {found.map(({ name, milliseconds, tone }) => (
          <span key={name} className={classes[tone]} style={{ flexGrow: Math.max(milliseconds, total / 100, 0.001) }} />
        ))}
      </div>
      <ul className={classes.legend} aria-label="How long each step took">
        {found.map(({ name, milliseconds, tone }) => (
          <li key={name}><span className={`${classes.swatch ?? ''} ${classes[tone] ?? ''}`} aria-hidden />{name}<b>{formatDuration(milliseconds)}</b></li>
        ))}
      </ul>
      <ol className={classes.milestones}>
        {milestones(timeline, times).map(({ at, words, actor, sinceBefore }) => (
          <li key={`${at} ${words}`}>
            <div>{words}{actor !== null && <span className={classes.dim}> · {actor}</span>}</div>
            <div className={classes.dim}>
              <Moment at={at} form="clock" milliseconds />{sinceBefore !== null && ` · +${formatDuration(sinceBefore)}`}
            </div>
          </li>
        ))}
        {isOpen && chunks > 0 && <li>{formatCount(chunks, 'part')} of the answer so far</li>}
      </ol>
    </section>
  )
}
