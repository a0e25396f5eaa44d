import { useSyncExternalStore } from 'react'
import { resultOf, summaryWords } from '@/domain/answers-result'
import { formatCount } from '@/domain/durations'
import { formatMoment } from '@/domain/moments'
import { outcomeOf } from '@/domain/outcome'
import { senderOf } from '@/domain/outcome-timeline'
import { requestFacts } from '@/domain/request-facts'
import { vehicleName } from '@/domain/vehicle-identity'
import { useZone } from '@/session/preferences'
import { EcuTable } from './ecu-table'
import classes from './report.module.css'
import { ReportCodes, ReportSamples, ReportValues } from './report-tables'
import { SilentEcus } from './silent-ecus'
import type { WatchedCommand } from './use-command'

let isPrinting = false

function watchPrinting(watcher: () => void): () => void {
  const media = window.matchMedia('print')
  const begin = () => {
    isPrinting = true
    watcher()
  }
  const end = () => {
    isPrinting = false
    watcher()
  }
  const change = () => (media.matches ? begin() : end())
  window.addEventListener('beforeprint', begin)
  window.addEventListener('afterprint', end)
  media.addEventListener('change', change)
  return () => {
    window.removeEventListener('beforeprint', begin)
    window.removeEventListener('afterprint', end)
    media.removeEventListener('change', change)
  }
}

/** The report exists only while the browser prints: thousands of parts would slow the page for nothing. */
export function PrintedReport({ watched }: { readonly watched: WatchedCommand }) {
  const isShown = useSyncExternalStore(watchPrinting, () => isPrinting)
  return isShown ? <Report watched={watched} /> : null
}

/** Some thirty pages; a browser cannot print an hour of samples. */
const MOST_PARTS = 500

export function Report({ watched }: { readonly watched: WatchedCommand }) {
  const { shown, received } = watched
  const zone = useZone()
  const { answer, chunks, log } = shown
  const moment = (at: string | null) => (at === null ? '–' : formatMoment(at, zone, true))
  const head = [...requestRows(watched, moment), ...outcomeRows(watched, moment)]
  return (
    <div className={classes.report}>
      <p className={classes.product}>SOVD Command · diagnostic report</p>
      <table className={classes.headTable}><tbody>{head.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td>{value}</td></tr>)}</tbody></table>
      {answer.samples > 0 && <ReportSamples log={log} count={answer.samples} />}
      {answer.troubleCodes.length > 0 && <ReportCodes codes={answer.troubleCodes} />}
      {answer.identification.length > 0 && <ReportValues title="Identification" values={answer.identification} />}
      {answer.values.length > 0 && <ReportValues title="Values" values={answer.values} />}
      {answer.ecus.length > 0 && <EcuTable ecus={answer.ecus} isOpen={false} />}
      {answer.silentEcus.length > 0 && <SilentEcus ecus={answer.silentEcus} />}
      {chunks.length > 0 && <ReportParts chunks={chunks} received={received} moment={moment} />}
    </div>
  )
}

type Rows = readonly (readonly [name: string, value: string])[]
type ToWords = (at: string | null) => string

function requestRows({ command, vehicle, definition, timeline }: WatchedCommand, moment: ToWords): Rows {
  return [
    ['Vehicle (VIN)', vehicle === null ? command.vehicle_id : `${vehicle.vin}, ${vehicleName(vehicle)}`],
    ['Command', definition === null ? command.command_name : `${definition.title} (${command.command_name})`],
    ['Parameters', requestFacts(command, definition).map(({ title, value }) => `${title}: ${value}`).join('; ') || 'none'],
    ['Sent by', senderOf(timeline) ?? command.user_id],
    ['Reason', command.reason ?? '–'],
    ['Sent at', moment(command.submitted_at)],
    ['Started at', moment(command.started_at)],
    ['Ended at', moment(command.completed_at)],
  ]
}

function outcomeRows({ command, vehicle, shown: { answer } }: WatchedCommand, moment: ToWords): Rows {
  const outcome = outcomeOf(command, { vehicle })
  const facts = (pairs: readonly { readonly name: string; readonly value: string }[]) => pairs.map(({ name, value }) => `${name}: ${value}`)
  const result = [...summaryWords(answer), ...facts(resultOf(answer)?.facts ?? [])].join(' · ')
  return [
    ['Outcome', outcome.title],
    ['In words', [outcome.happened, ...(outcome.vehicle === null ? [] : [outcome.vehicle]), ...facts(outcome.facts)].join(' ')],
    ...(result === '' ? [] : [['Result', result] as const]),
    ...(outcome.next.length === 0 ? [] : [['What to do next', outcome.next.join(' ')] as const]),
    ['Command number', command.command_id],
    ['Printed at', moment(new Date().toISOString())],
  ]
}

interface ReportPartsProps extends Pick<WatchedCommand, 'received'> {
  readonly chunks: WatchedCommand['shown']['chunks']
  readonly moment: ToWords
}

function ReportParts({ chunks, received, moment }: ReportPartsProps) {
  return (
    <>
      <h2>All parts of the answer ({chunks.length})</h2>
      <table>
        <thead><tr><th>No.</th><th>Stored at</th><th>Content</th></tr></thead>
        <tbody>
          {chunks.slice(0, MOST_PARTS).map(({ sequenceNumber, payload }) => (
            <tr key={sequenceNumber}>
              <td>{sequenceNumber}</td><td className={classes.nowrap}>{moment(received.get(sequenceNumber) ?? null)}</td><td><code>{JSON.stringify(payload)}</code></td>
            </tr>
          ))}
        </tbody>
      </table>
      {chunks.length > MOST_PARTS && <p>The first {MOST_PARTS} of {formatCount(chunks.length, 'part')}. The JSON file (Export on the page of the command) holds all of them.</p>}
    </>
  )
}
