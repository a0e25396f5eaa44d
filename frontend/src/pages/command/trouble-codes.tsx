import { SegmentedControl, Table } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { TroubleCode } from '@/domain/answers-items'
import { dtcStatusWords, dtcSystem, failureType, statusBits } from '@/domain/dtc'
import { formatCount } from '@/domain/durations'
import { LoadMore } from '@/ui/load-more'
import layout from '@/ui/layout.module.css'
import { ToneBadge } from '@/ui/status-badge'
import classes from './command.module.css'
import { TroubleCodeCard } from './trouble-code-card'

const route = getRouteApi('/commands/$commandId')

interface TroubleCodesProps {
  readonly codes: readonly TroubleCode[]
  readonly isOpen: boolean
}

/** So many are drawn at once: thousands of cards would freeze the page. */
const PART = 100

/** Trouble codes as cards, or as a table; the choice stands in the address. */
export function TroubleCodes({ codes, isOpen }: TroubleCodesProps) {
  const { view } = route.useSearch()
  const navigate = route.useNavigate()
  const isTable = view === 'table'
  const [limit, setLimit] = useState(PART)
  const drawn = codes.length > limit ? codes.slice(0, limit) : codes
  return (
    <section className={layout.card} aria-labelledby="codes-title">
      <div className={classes.head}>
        <h2 id="codes-title" className={classes.title}>
          Trouble codes <span className={classes.dim}>{formatCount(codes.length, 'code')}{isOpen ? ' so far' : ''}</span>
        </h2>
        <SegmentedControl
          size="xs" className="no-print" aria-label="Show trouble codes as"
          value={isTable ? 'table' : 'cards'}
          data={[{ value: 'cards', label: 'Cards' }, { value: 'table', label: 'Table' }]}
          onChange={(next) => void navigate({ search: next === 'table' ? { view: 'table' } : {}, replace: true, resetScroll: false })}
        />
      </div>
      {codes.length === 0 && <p className={classes.nothing}>{isOpen ? 'None so far.' : 'No trouble codes: the fault memory that was read is empty.'}</p>}
      {codes.length > 0 && (isTable ? <CodeTable codes={drawn} /> : (
        <ul className={classes.cards}>
          {drawn.map((dtc, index) => <li key={`${dtc.ecu} ${dtc.code} ${String(index)}`}><TroubleCodeCard dtc={dtc} /></li>)}
        </ul>
      ))}
      {codes.length > PART && (
        <LoadMore shown={drawn.length} total={codes.length} noun="code" loading={false} onMore={() => setLimit(limit + PART)} />
      )}
    </section>
  )
}

/** A vehicle that sends no status bytes gets no column for them. */
function CodeTable({ codes }: { readonly codes: readonly TroubleCode[] }) {
  const hasBytes = codes.some(({ statusByte }) => statusByte !== null)
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table striped>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Code</Table.Th><Table.Th>What it means</Table.Th><Table.Th>Status</Table.Th>
            {hasBytes && <Table.Th>Status byte</Table.Th>}<Table.Th>Control unit</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{codes.map((dtc, index) => <CodeRow key={`${dtc.ecu} ${dtc.code} ${String(index)}`} dtc={dtc} hasByte={hasBytes} />)}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function CodeRow({ dtc, hasByte }: { readonly dtc: TroubleCode; readonly hasByte: boolean }) {
  const { label, tone, meaning } = dtcStatusWords(dtc.status)
  const set = statusBits(dtc.statusByte, dtc.statusBits).filter(({ isSet }) => isSet)
  return (
    <Table.Tr>
      <Table.Th scope="row" className={layout.mono}>{dtc.code}</Table.Th>
      <Table.Td>
        {dtc.description ?? 'No description for this code'}
        <div className={classes.dim}>{[dtcSystem(dtc.code)?.name, failureType(dtc.code)].filter(Boolean).join(' · ')}</div>
      </Table.Td>
      <Table.Td><ToneBadge tone={tone} hint={meaning}>{label}</ToneBadge></Table.Td>
      {hasByte && <Table.Td title={set.map(({ words }) => words).join('; ')} className={layout.mono}>{dtc.statusByte ?? '–'}</Table.Td>}
      <Table.Td>{dtc.ecu}</Table.Td>
    </Table.Tr>
  )
}
