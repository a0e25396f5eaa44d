import { Button, Code, List, Progress, Text } from '@mantine/core'
import { IconAlertTriangle, IconQuestionMark } from '@tabler/icons-react'
import type { Command } from '@/api/queries/commands'
import type { Vehicle } from '@/api/queries/vehicles'
import type { Sent } from '@/domain/command-drafts'
import { formatCount } from '@/domain/durations'
import { ApiProblem } from '@/domain/problems'
import { Notice } from './notice'
import type { SendingState } from './use-sending'

interface SendingOutcomeProps {
  readonly state: SendingState
  readonly vehicles: readonly Vehicle[]
  readonly onRepeat: () => void
  readonly onResults: () => void
}

/** What became of sending, where it did not simply work. */
export function SendingOutcome({ state, vehicles, onRepeat, onResults }: SendingOutcomeProps) {
  if (state.kind === 'idle') return null
  if (state.kind === 'sending') return <Sending state={state} />
  const unknown = state.outcomes.filter(({ kind }) => kind === 'unknown')
  const refused = state.outcomes.filter((outcome) => outcome.kind === 'refused')
  const sent = state.outcomes.length - unknown.length - refused.length
  if (unknown.length === 0 && (refused.length === 0 || sent > 0)) return null
  const results = sent > 0 && state.outcomes.length > 1 && <Button ml="xs" size="xs" variant="default" onClick={onResults}>Show the results so far</Button>
  if (unknown.length > 0) {
    return (
      <Notice tone="warning" icon={IconQuestionMark} alert title={unknown.length === 1 && state.outcomes.length === 1 ? 'No answer from the server' : `No answer for ${formatCount(unknown.length, 'vehicle')}`}>
        <Text mb="xs">
          {whyOf(unknown[0])} The command may have arrived or not. Send the same again: it keeps its number, so that it cannot run twice.
          If you change anything first, it is a new command.
        </Text>
        <Button size="xs" onClick={onRepeat}>Send the same again</Button>
        {results}
      </Notice>
    )
  }
  return (
    <Notice tone="bad" icon={IconAlertTriangle} alert title={vehicles.length === 1 ? 'The command was not sent' : 'No command was sent'}>
      {reasons(refused).map(({ why, count }) => (
        <Text key={why}>{vehicles.length > 1 && `${formatCount(count, 'vehicle')}: `}{why}</Text>
      ))}
      <Correlation outcome={refused[0]} />
    </Notice>
  )
}

function Sending({ state }: { readonly state: Extract<SendingState, { kind: 'sending' }> }) {
  const { done, total, repeats } = state
  return (
    <div role="status">
      {total > 1 && <Progress value={(100 * done) / total} aria-label="Sent so far" mb={4} />}
      <Text size="sm" c="dimmed">
        {total > 1 ? `Sending: ${String(done)} of ${String(total)}.` : 'Sending.'}
        {repeats > 0 && ' No answer came, asking again with the same number: it cannot run twice.'}
      </Text>
    </div>
  )
}

function Correlation({ outcome }: { readonly outcome: Sent<Command> | undefined }) {
  if (outcome?.kind !== 'refused' || !(outcome.error instanceof ApiProblem)) return null
  const { correlation_id: correlation, errors } = outcome.error.problem
  if (errors.length > 0 || correlation === null) return null
  return <List size="sm"><List.Item>Number for the administrator: <Code>{correlation}</Code></List.Item></List>
}

function whyOf(outcome: Sent<Command> | undefined): string {
  return outcome !== undefined && outcome.kind !== 'sent' ? outcome.why : ''
}

function reasons(refused: readonly Sent<Command>[]): readonly { why: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const outcome of refused) counts.set(whyOf(outcome), (counts.get(whyOf(outcome)) ?? 0) + 1)
  return [...counts].map(([why, count]) => ({ why, count }))
}
