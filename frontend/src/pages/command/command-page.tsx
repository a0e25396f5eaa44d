import { Link, getRouteApi } from '@tanstack/react-router'
import { memo, useCallback, useEffect, useRef, useState } from 'react'
import type { Command } from '@/api/queries/commands'
import { summaryWords } from '@/domain/answers-result'
import { vehicleName } from '@/domain/vehicle-identity'
import { CopyIcon } from '@/ui/copy-button'
import layout from '@/ui/layout.module.css'
import { PageFrame } from '@/ui/page-frame'
import { useShortcutHelp } from '@/ui/shortcuts'
import { Loading, QueryStates } from '@/ui/states'
import { CommandStatusBadge, ConnectionStatusBadge } from '@/ui/status-badge'
import { VehicleMark, VinText } from '@/ui/vehicle-target'
import { AnswerView } from './answer-view'
import classes from './command.module.css'
import { CommandActions } from './command-actions'
import { CommandFacts } from './command-facts'
import { ConnectionNote } from './connection-note'
import { OutcomePanel } from './outcome-panel'
import { PrintedReport } from './printed-report'
import { RawAnswer } from './raw-answer'
import { TimelinePanel } from './timeline-panel'
import { useCommand, useWatchedCommand, type WatchedCommand } from './use-command'

const route = getRouteApi('/commands/$commandId')
// The answer may grow fifty times a second: what stays as it is is not drawn again.
const Actions = memo(CommandActions)
const Facts = memo(CommandFacts)
const Note = memo(ConnectionNote)
const Target = memo(TargetLine)

const shortcuts = [{ keys: 'Ctrl+P', does: 'Print the report, or keep it as PDF (on a command)' }] as const

/** One command: what was asked, what the vehicle answers, how it ended. */
export function CommandPage() {
  const { commandId } = route.useParams()
  const query = useCommand(commandId)
  useShortcutHelp(shortcuts)
  if (query.data === undefined) return <PageFrame title="Command"><QueryStates query={query}>{() => null}</QueryStates></PageFrame>
  // A new key: another command begins with nothing of the one before.
  return <QueryStates query={query}>{(command) => <Watched key={commandId} command={command} />}</QueryStates>
}

function Watched({ command }: { readonly command: Command }) {
  const watched = useWatchedCommand(command)
  const { vehicle, definition, shown, timeline, received, times, click } = watched
  const { stream } = shown.followed
  const latest = useLatest(watched)
  const isReady = useOnceTrue(watched.isReady)
  if (!isReady) return <PageFrame title="Command"><Loading /></PageFrame>
  return (
    <PageFrame
      title={definition?.title ?? command.command_name}
      beside={
        <>
          {definition !== null && <code className={`${classes.technical ?? ''} no-print`}>{command.command_name}</code>}
          <span className="no-print"><CommandStatusBadge status={command.status} /></span>
        </>
      }
      actions={<Actions command={command} watched={latest} />}
    >
      <div className={classes.target}>
        <Target command={command} vehicle={vehicle} />
        <Note command={command} refusal={shown.followed.refusal} />
      </div>
      <OutcomePanel
        command={command} vehicle={vehicle} summary={summaryWords(shown.answer)} liveError={stream.error?.message ?? null}
        progress={stream.progress} share={shown.answer.progress}
      />
      <div className={classes.screen}>
        <div className={layout.withSide}>
          <div className={classes.main}>
            <AnswerView command={command} shown={shown} />
            <RawAnswer chunks={shown.chunks} received={received} />
          </div>
          <aside className={classes.side} aria-label="About this command">
            <Facts command={command} definition={definition} timeline={timeline} />
            <TimelinePanel command={command} timeline={timeline} times={times} click={click} />
          </aside>
        </div>
      </div>
      <PrintedReport watched={watched} />
    </PageFrame>
  )
}

function TargetLine({ command, vehicle }: Pick<WatchedCommand, 'command' | 'vehicle'>) {
  if (vehicle === null) return <span>Vehicle {command.vehicle_id}</span>
  return (
    <>
      <VehicleMark vin={vehicle.vin} />
      <Link to="/vehicles/$vehicleId" params={{ vehicleId: vehicle.vehicle_id }} className={classes.vin ?? ''}><VinText vin={vehicle.vin} /></Link>
      <CopyIcon value={vehicle.vin} what="VIN" />
      <span>{vehicleName(vehicle)}</span>
      <ConnectionStatusBadge status={vehicle.connection_status} cause={vehicle.status_cause} />
    </>
  )
}

/** A page that was drawn stays drawn, whatever is read anew. */
function useOnceTrue(value: boolean): boolean {
  const [was, setWas] = useState(value)
  if (value && !was) setWas(true)
  return was || value
}

/** For what is needed on a click only: always the same function, always the latest value. */
function useLatest<T>(value: T): () => T {
  const latest = useRef(value)
  useEffect(() => {
    latest.current = value
  })
  return useCallback(() => latest.current, [])
}
