import type { Command } from '@/api/queries/commands'
import type { components } from '@/contracts/openapi'
import { formatDuration } from '@/domain/durations'
import { milestones, stages, type AnswerTimes, type Click, type Milestone } from '@/domain/outcome-timeline'
import { isTerminal } from '@/domain/statuses'
import layout from '@/ui/layout.module.css'
import { Moment } from '@/ui/moments'
import { useNow } from '@/ui/ticking'
import classes from './command.module.css'

interface TimelinePanelProps {
  readonly command: Command
  readonly timeline: readonly components['schemas']['TimelineItem'][]
  readonly times: AnswerTimes
  readonly click: Click | null
}

/** From the click to the last word of the control unit. The bar is drawn to scale; the list says the same. */
export function TimelinePanel({ command, timeline, times, click }: TimelinePanelProps) {
  const now = useNow()
  const found = stages(command, times, now, click)
  const total = found.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const isOpen = !isTerminal(command.status)
  return (
    <section className={layout.card} aria-labelledby="timeline-title">
      <h2 id="timeline-title" className={classes.title}>
        Timeline <span className={classes.dim}>{click !== null && 'at most '}{formatDuration(total)}{isOpen ? ' so far' : click === null ? ' in all' : ' from the click'}</span>
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
        {milestones(timeline, times, click).map((milestone) => <Step key={`${milestone.at} ${milestone.words}`} milestone={milestone} />)}
      </ol>
      {click === null && <p className={classes.dim}>The click is known only in the tab that sent the command.</p>}
    </section>
  )
}

function Step({ milestone: { at, words, actor, clock, sinceBefore, isAtMost } }: { readonly milestone: Milestone }) {
  return (
    <li>
      <div>{words}{actor !== null && <> <span className={`${classes.dim ?? ''} ${classes.actor ?? ''}`}>· {actor}</span></>}</div>
      <div className={classes.dim}>
        <Moment at={at} form="clock" milliseconds />
        {sinceBefore !== null && ` · ${isAtMost ? 'at most ' : ''}+${formatDuration(sinceBefore)}`}
        {clock === 'page' && ' · by the clock of this computer'}
      </div>
    </li>
  )
}
