import type { ReadValue, TroubleCode } from '@/domain/answers-items'
import { dtcStatusWords, statusBits } from '@/domain/dtc'
import { formatCount, formatQuantity } from '@/domain/durations'
import { seriesFacts, shownMean, type SampleLog } from '@/domain/samples'

export function ReportCodes({ codes }: { readonly codes: readonly TroubleCode[] }) {
  return (
    <>
      <h2>Trouble codes ({codes.length})</h2>
      <table>
        <thead><tr><th>Code</th><th>What it means</th><th>Status</th><th>Control unit</th></tr></thead>
        <tbody>
          {codes.map((dtc, index) => (
            <tr key={index}>
              <th scope="row">{dtc.code}</th>
              <td>
                {dtc.description ?? 'no description'}
                {dtc.snapshots.map(({ title, values }) => (
                  <div key={title}>{title}: {values.map(({ name, value, unit }) => `${name} ${formatQuantity(value, unit)}`).join(', ')}</div>
                ))}
              </td>
              <td>
                {dtcStatusWords(dtc.status).label} {dtc.statusByte !== null && `(${dtc.statusByte})`}
                <div>{statusBits(dtc.statusByte, dtc.statusBits).filter(({ isSet }) => isSet).map(({ words }) => words).join('; ')}</div>
              </td>
              <td>{dtc.ecu}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

export function ReportValues({ title, values }: { readonly title: string; readonly values: readonly ReadValue[] }) {
  return (
    <>
      <h2>{title} ({values.length})</h2>
      <table>
        <thead><tr><th>Identifier</th><th>What</th><th>Value</th><th>Control unit</th></tr></thead>
        <tbody>
          {values.map((one, index) => (
            <tr key={index}>
              <th scope="row">{one.dataId}</th>
              <td>{one.description ?? one.name ?? '–'}</td>
              <td>{one.error?.message ?? (one.parts.length > 0
                ? one.parts.map(({ name, value, unit }) => `${name} ${formatQuantity(value, unit)}`).join(', ')
                : formatQuantity(one.value, one.unit))}
              </td>
              <td>{one.ecu}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

export function ReportSamples({ log, count }: { readonly log: SampleLog; readonly count: number }) {
  return (
    <>
      <h2>Samples ({count})</h2>
      <p>
        From {(log.times[0] ?? 0).toFixed(2)} s to {(log.times.at(-1) ?? 0).toFixed(2)} s after the first one
        {log.gaps > 0 && `; ${formatCount(log.gaps, 'sample')} missed`}. The CSV file holds each of them.
      </p>
      <table>
        <thead><tr><th>Value</th><th>Latest</th><th>Least</th><th>Greatest</th><th>Mean</th></tr></thead>
        <tbody>
          {log.series.map((one) => {
            const facts = seriesFacts(one)
            const shown = (value: number | undefined) => formatQuantity(value, one.unit)
            return (
              <tr key={one.key}>
                <th scope="row">{one.label}</th><td>{facts === null ? formatQuantity(one.shown.at(-1), one.unit) : shown(facts.last)}</td>
                <td>{shown(facts?.least)}</td><td>{shown(facts?.greatest)}</td><td>{shown(facts === null ? undefined : shownMean(facts))}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </>
  )
}
