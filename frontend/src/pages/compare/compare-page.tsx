import { Button } from '@mantine/core'
import { IconAlertTriangle, IconArrowsExchange } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useApi } from '@/api/client'
import { commandQuery, responsesQuery, type Command } from '@/api/queries/commands'
import type { AnswerChunk } from '@/domain/answers'
import { compareAnswers } from '@/domain/compare'
import { isTerminal } from '@/domain/statuses'
import { useCommandChanges } from '@/live/hooks'
import { PageFrame } from '@/ui/page-frame'
import { Empty, Loading, QueryStates } from '@/ui/states'
import classes from './compare.module.css'
import { Differences } from './differences'
import { Side } from './side'

const route = getRouteApi('/commands/compare')

export function ComparePage() {
  const { left, right } = route.useSearch()
  const swap = left !== undefined && right !== undefined && (
    <Button
      variant="default" leftSection={<IconArrowsExchange size={16} aria-hidden />}
      renderRoot={(props) => <Link to="/commands/compare" search={{ left: right, right: left }} replace {...props} />}
    >
      Swap sides
    </Button>
  )
  return (
    <PageFrame title="Compare answers" actions={swap}>
      {left === undefined || right === undefined ? <PickTwo /> : <Two leftId={left} rightId={right} />}
    </PageFrame>
  )
}

function PickTwo() {
  return (
    <Empty
      title="Pick two commands first"
      action={<Button renderRoot={(props) => <Link to="/commands" search={{}} {...props} />}>Open the history</Button>}
    >
      In the history, tick two commands of the same kind, then choose “Compare them”.
    </Empty>
  )
}

function useAnswer(commandId: string) {
  const api = useApi()
  const command = useQuery(commandQuery(api, commandId))
  const isOver = command.data !== undefined && isTerminal(command.data.status)
  const responses = useQuery({
    ...responsesQuery(api, commandId),
    // Whole only if it was read after the command was known to have ended.
    refetchInterval: ({ state }) => (isOver && state.dataUpdatedAt >= command.dataUpdatedAt ? false : 2000),
  })
  const data = command.data && responses.data && { command: command.data, chunks: responses.data.items.map(chunkOf) }
  return {
    data,
    error: command.error ?? responses.error,
    dataUpdatedAt: Math.min(command.dataUpdatedAt, responses.dataUpdatedAt),
    refetch: () => Promise.all([command.refetch(), responses.refetch()]),
  }
}

function chunkOf(stored: { sequence_number: number; response_payload: Record<string, unknown>; is_final: boolean }): AnswerChunk {
  return { sequenceNumber: stored.sequence_number, payload: stored.response_payload, isFinal: stored.is_final }
}

interface Answered {
  readonly command: Command
  readonly chunks: readonly AnswerChunk[]
}

function Two({ leftId, rightId }: { readonly leftId: string; readonly rightId: string }) {
  const left = useAnswer(leftId)
  const right = useAnswer(rightId)
  useCommandChanges()
  const both = {
    data: left.data && right.data && { left: left.data, right: right.data },
    error: left.error ?? right.error,
    dataUpdatedAt: Math.min(left.dataUpdatedAt, right.dataUpdatedAt),
    refetch: () => Promise.all([left.refetch(), right.refetch()]),
  }
  return (
    <QueryStates query={both} loading={<Loading rows={10} label="Loading both answers" />}>
      {(data) => <Compared {...data} />}
    </QueryStates>
  )
}

function Compared({ left, right }: { readonly left: Answered; readonly right: Answered }) {
  const comparison = compareAnswers(left.chunks, right.chunks)
  return (
    <>
      <div className={classes.sides}>
        <Side name="Left" command={left.command} chunks={left.chunks.length} />
        <Side name="Right" command={right.command} chunks={right.chunks.length} />
      </div>
      <Warnings left={left.command} right={right.command} />
      <Differences comparison={comparison} />
    </>
  )
}

/** Why the two may differ for another reason than the vehicle. */
function Warnings({ left, right }: { readonly left: Command; readonly right: Command }) {
  const warnings = [
    left.command_id === right.command_id && 'Both sides show the same command. Pick another one in the history.',
    left.command_name !== right.command_name && `These are two kinds of command (${left.command_name} and ${right.command_name}): most of the answers cannot be compared.`,
    left.vehicle_id !== right.vehicle_id && 'The answers are from two different vehicles.',
    left.command_name === right.command_name && stable(left.command_params) !== stable(right.command_params) && 'The commands had different parameters: what one did not ask for is missing in its answer.',
    ...[left, right].map((command, index) => isTerminal(command.status) ? command.status !== 'completed' && `The ${index === 0 ? 'left' : 'right'} command did not complete: its answer may have gaps, and what is missing has not gone for certain.`
      : `The ${index === 0 ? 'left' : 'right'} command is still running: this comparison grows with its answer.`),
  ].filter((warning) => warning !== false)
  if (warnings.length === 0) return null
  return (
    <ul className={classes.warnings} aria-label="Mind this">
      {warnings.map((warning) => <li key={warning}><IconAlertTriangle size={16} aria-hidden /> {warning}</li>)}
    </ul>
  )
}

function stable(params: Record<string, unknown>): string {
  return JSON.stringify(Object.entries(params).sort(([one], [other]) => one.localeCompare(other)))
}
