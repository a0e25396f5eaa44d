import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useApi } from '@/api/client'
import { definitionsQuery, type Command } from '@/api/queries/commands'
import { durationBetween, formatDuration } from '@/domain/durations'
import { requestLine } from '@/domain/request-facts'
import { Age } from '@/ui/moments'
import { CommandStatusBadge } from '@/ui/status-badge'
import classes from './vehicle.module.css'

interface CommandTableProps {
  readonly label: string
  readonly commands: readonly Command[]
  readonly userName: (userId: string) => string
  /** The queue tells how long it takes and who is in front; the history how it ended. */
  readonly form: 'queue' | 'history'
}

/** Commands of one vehicle; each leads to its own page. */
export function CommandTable({ label, commands, userName, form }: CommandTableProps) {
  const { data: definitions } = useQuery(definitionsQuery(useApi()))
  const parameters = (command: Command) => requestLine(command, definitions?.find(({ name }) => name === command.command_name) ?? null)
  return (
    <div className={classes.scroll}>
      <table className={classes.table} aria-label={label}>
        <thead>
          <tr><th scope="col">Command</th><th scope="col">State</th><th scope="col">Sent by</th><th scope="col">Sent</th><th scope="col">{form === 'queue' ? 'Expires' : 'Took'}</th></tr>
        </thead>
        <tbody>
          {commands.map((command) => (
            <tr key={command.command_id}>
              <td>
                <Link to="/commands/$commandId" params={{ commandId: command.command_id }} preload={false}>{command.command_name}</Link>
                <span className={classes.params} title={parameters(command)}>{parameters(command)}</span>
              </td>
              <td><CommandStatusBadge status={command.status} />{command.queue_position !== null && <span className={classes.quiet}> place {command.queue_position}</span>}</td>
              <td>{userName(command.user_id)}</td>
              <td><Age at={command.submitted_at} /></td>
              <td>{form === 'queue' ? (command.status === 'pending' ? <Age at={command.expires_at} /> : '–') : took(command)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function took({ started_at: from, completed_at: to }: Command): string {
  const length = durationBetween(from, to)
  return length === null ? '–' : formatDuration(length)
}
