import { useSyncExternalStore } from 'react'
import { formatMoment } from '@/domain/moments'
import { senderOf } from '@/domain/outcome-timeline'
import { commandStatusWords } from '@/domain/statuses'
import { useZone } from '@/session/preferences'
import { EcuTable } from './ecu-table'
import classes from './report.module.css'
import { ReportCodes, ReportValues } from './report-tables'
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

export function Report({ watched }: { readonly watched: WatchedCommand }) {
  const { command, vehicle, timeline, shown, received } = watched
  const zone = useZone()
  const { answer, chunks } = shown
  const moment = (at: string | null) => (at === null ? '–' : formatMoment(at, zone, true))
  const head: readonly (readonly [string, string])[] = [
    ['Vehicle (VIN)', vehicle === null ? command.vehicle_id : `${vehicle.vin}, ${vehicle.make} ${vehicle.model} ${String(vehicle.year ?? '')}`],
    ['Command', command.command_name],
    ['Parameters', JSON.stringify(command.command_params)],
    ['Sent by', senderOf(timeline) ?? command.user_id],
    ['Reason', command.reason ?? '–'],
    ['Sent at', moment(command.submitted_at)],
    ['Started at', moment(command.started_at)],
    ['Ended at', moment(command.completed_at)],
    ['Outcome', commandStatusWords(command.status).label],
    ['In words', command.status_reason ?? command.error?.message ?? commandStatusWords(command.status).meaning],
    ['Command number', command.command_id],
    ['Printed at', moment(new Date().toISOString())],
  ]
  return (
    <div className={classes.report}>
      <p className={classes.product}>SOVD Command · diagnostic report</p>
      <table className={classes.headTable}><tbody>{head.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td>{value}</td></tr>)}</tbody></table>
      {answer.troubleCodes.length > 0 && <ReportCodes codes={answer.troubleCodes} />}
      {answer.identification.length > 0 && <ReportValues title="Identification" values={answer.identification} />}
      {answer.values.length > 0 && <ReportValues title="Values" values={answer.values} />}
      {answer.ecus.length > 0 && <EcuTable ecus={answer.ecus} isOpen={false} />}
      {answer.silentEcus.length > 0 && <SilentEcus ecus={answer.silentEcus} />}
      <h2>All parts of the answer ({chunks.length})</h2>
      <table>
        <thead><tr><th>No.</th><th>Stored at</th><th>Content</th></tr></thead>
        <tbody>
          {chunks.map(({ sequenceNumber, payload }) => (
            <tr key={sequenceNumber}>
              <td>{sequenceNumber}</td><td className={classes.nowrap}>{moment(received.get(sequenceNumber) ?? null)}</td><td><code>{JSON.stringify(payload)}</code></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
