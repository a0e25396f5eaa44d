import { Code } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Command, CommandDefinition } from '@/api/queries/commands'
import type { components } from '@/contracts/openapi'
import { formatDuration } from '@/domain/durations'
import { senderOf } from '@/domain/outcome-timeline'
import { requestFacts } from '@/domain/request-facts'
import { CopyIcon } from '@/ui/copy-button'
import layout from '@/ui/layout.module.css'
import { Moment } from '@/ui/moments'
import classes from './command.module.css'

interface CommandFactsProps {
  readonly command: Command
  readonly definition: CommandDefinition | null
  readonly timeline: readonly components['schemas']['TimelineItem'][]
}

/** What was asked, by whom, and why. The technical name of a parameter stands in the tooltip and in the export. */
export function CommandFacts({ command, definition, timeline }: CommandFactsProps) {
  const params = requestFacts(command, definition)
  return (
    <section className={layout.card} aria-labelledby="facts-title">
      <h2 id="facts-title" className={classes.title}>Request</h2>
      <dl className={classes.facts}>
        {params.length === 0 && <div><dt>Parameters</dt><dd>none</dd></div>}
        {params.map(({ name, title, value }) => (
          <div key={name}><dt title={name}>{title}</dt><dd className={layout.mono}>{value}</dd></div>
        ))}
        <div><dt>Sent by</dt><dd>{senderOf(timeline) ?? command.user_id}</dd></div>
        {command.reason !== null && <div><dt>Reason</dt><dd>{command.reason}</dd></div>}
        <div><dt>Sent at</dt><dd><Moment at={command.submitted_at} /></dd></div>
        {command.started_at === null && <div><dt>Expires at</dt><dd><Moment at={command.expires_at} /></dd></div>}
        <div><dt>Time limit</dt><dd>{formatDuration(command.timeout_s * 1000)}</dd></div>
        {command.attempt > 1 && <div><dt>Attempt</dt><dd>{command.attempt}</dd></div>}
        <div>
          <dt>Command id</dt>
          <dd><Code>{command.command_id}</Code> <CopyIcon value={command.command_id} what="number of the command" /></dd>
        </div>
        <div>
          <dt>For the logs</dt>
          <dd><Code>{command.correlation_id}</Code> <CopyIcon value={command.correlation_id} what="number for the logs" /></dd>
        </div>
      </dl>
      <Link to="/commands/compare" search={{ left: command.command_id }} className={classes.link ?? ''}>Compare with another answer</Link>
    </section>
  )
}
