import { Loader, Progress } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconClock, type Icon } from '@tabler/icons-react'
import type { Command } from '@/api/queries/commands'
import { formatDuration } from '@/domain/durations'
import { cancelResult, outcomeOf, type OutcomeContext } from '@/domain/outcome'
import { isTerminal, type Tone } from '@/domain/statuses'
import { Age, Moment } from '@/ui/moments'
import { ToneBadge } from '@/ui/status-badge'
import { useNow } from '@/ui/ticking'
import classes from './command.module.css'

const icons: Record<Tone, Icon> = {
  good: IconCircleCheck, busy: IconClock, warning: IconAlertTriangle, bad: IconCircleX, neutral: IconClock,
}

interface OutcomePanelProps {
  readonly command: Command
  readonly vehicle: OutcomeContext['vehicle']
  /** What it came to, in a few words. */
  readonly summary: readonly string[]
  readonly liveError: string | null
  readonly progress: { readonly message: string; readonly pendingSince: string } | null
  readonly share: number | null
}

/** How it stands and what to do next: the first thing to read. */
export function OutcomePanel({ command, vehicle, summary, liveError, progress, share }: OutcomePanelProps) {
  const outcome = outcomeOf(command, { liveMessage: liveError, vehicle })
  // Where it ended as cancelled, the first line says so.
  const cancelled = command.status === 'cancelled' ? null : cancelResult(command)
  const Sign = icons[outcome.tone]
  return (
    <section className={`${classes.outcome ?? ''} ${classes[outcome.tone] ?? ''}`} aria-label="Outcome">
      {command.status === 'in_progress' ? <Loader size={20} aria-hidden /> : <Sign size={22} aria-hidden />}
      <div className={classes.outcomeText}>
        <div aria-live="polite">
          <Happened title={outcome.title} text={outcome.happened} />
          {summary.length > 0 && <div className={classes.summary}>{summary.join(' · ')}</div>}
          {outcome.vehicle !== null && <div>{outcome.vehicle}</div>}
        </div>
        {cancelled !== null && <div><ToneBadge tone={cancelled.tone}>Cancel</ToneBadge> {cancelled.words}</div>}
        {command.status === 'pending' && (
          <div>
            If it has not started by <Moment at={command.expires_at} form="clock" /> (<Age at={command.expires_at} />), it expires, and nothing is sent to the vehicle.
          </div>
        )}
        <Working command={command} progress={progress} share={share} />
        {outcome.facts.length > 0 && (
          <dl className={classes.facts}>
            {outcome.facts.map(({ name, value }) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
          </dl>
        )}
        {outcome.next.length > 0 && (
          <div>
            <strong>What to do next</strong>
            <ul className={classes.steps}>{outcome.next.map((step) => <li key={step}>{step}</li>)}</ul>
          </div>
        )}
      </div>
    </section>
  )
}

/** `Failed. No answer came.`, but `Cancelled before it started.`: no word twice. */
function Happened({ title, text }: { readonly title: string; readonly text: string }) {
  if (text.startsWith(`${title} `)) return <><strong>{title}</strong>{text.slice(title.length)}</>
  return <><strong>{title}.</strong> {text}</>
}

type WorkingProps = Pick<OutcomePanelProps, 'command' | 'progress' | 'share'>

/** What the control unit says while it works, and since when. */
function Working({ command, progress, share }: WorkingProps) {
  if (isTerminal(command.status)) return null
  return (
    <>
      {progress !== null && (
        <div role="status">{progress.message}, since <Moment at={progress.pendingSince} form="clock" /> (<Elapsed since={progress.pendingSince} />)</div>
      )}
      {share !== null && <Progress value={share * 100} aria-label="Progress as the vehicle tells it" />}
      {progress === null && command.started_at !== null && (
        <div className={classes.dim}>
          Running for <Elapsed since={command.started_at} />; the time limit is {formatDuration(command.timeout_s * 1000)}.
        </div>
      )}
    </>
  )
}

function Elapsed({ since }: { readonly since: string }) {
  const passed = Math.max(0, useNow() - new Date(since).getTime())
  return <span>{formatDuration(Math.floor(passed / 1000) * 1000)}</span>
}
