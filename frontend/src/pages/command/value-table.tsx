import { Table } from '@mantine/core'
import { useState } from 'react'
import type { ReadValue } from '@/domain/answers-items'
import { formatCount, formatQuantity } from '@/domain/durations'
import { LoadMore } from '@/ui/load-more'
import layout from '@/ui/layout.module.css'
import { ToneBadge } from '@/ui/status-badge'
import classes from './command.module.css'

interface ValueTableProps {
  readonly title: string
  readonly values: readonly ReadValue[]
}

/** So many are drawn at once: thousands of rows would freeze the page. */
const PART = 200

/** Values by identifier, with units; one that was refused says why and what to do. */
export function ValueTable({ title, values }: ValueTableProps) {
  const id = `values-${title}`
  const [limit, setLimit] = useState(PART)
  return (
    <section className={layout.card} aria-labelledby={id}>
      <h2 id={id} className={classes.title}>{title} <span className={classes.dim}>{formatCount(values.length, 'entry', 'entries')}</span></h2>
      <Table.ScrollContainer minWidth={520}>
        <Table striped>
          <Table.Thead>
            <Table.Tr><Table.Th>Identifier</Table.Th><Table.Th>What</Table.Th><Table.Th>Value</Table.Th><Table.Th>Control unit</Table.Th></Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {values.slice(0, limit).map((one, index) => (
              <Table.Tr key={`${one.ecu} ${one.dataId} ${String(index)}`}>
                <Table.Th scope="row" className={layout.mono}>{one.dataId}</Table.Th>
                <Table.Td>{one.description ?? one.name ?? 'No name for it in the data of this vehicle'}</Table.Td>
                <Table.Td>{one.error === null ? <Value one={one} /> : <Refused one={one} />}</Table.Td>
                <Table.Td>{one.ecu}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {values.length > PART && (
        <LoadMore shown={Math.min(limit, values.length)} total={values.length} noun="entry" plural="entries" loading={false} onMore={() => setLimit(limit + PART)} />
      )}
    </section>
  )
}

function Value({ one }: { readonly one: ReadValue }) {
  return (
    <>
      {one.parts.length === 0 ? <b>{formatQuantity(one.value, one.unit)}</b> : (
        <dl className={classes.facts}>
          {one.parts.map(({ name, value, unit }) => <div key={name}><dt>{name}</dt><dd><b>{formatQuantity(value, unit)}</b></dd></div>)}
        </dl>
      )}
      {one.problem !== null && <div className={classes.dim}>{one.problem}</div>}
    </>
  )
}

function Refused({ one }: { readonly one: ReadValue }) {
  if (one.error === null) return null
  const { nrc, nrcName, message, advice } = one.error
  return (
    <>
      <ToneBadge tone="bad">{nrcName === null ? 'Not read' : `${nrcName}${nrc === null ? '' : ` (NRC ${nrc})`}`}</ToneBadge>
      <div>{message}</div>
      {advice !== null && !message.includes(advice) && <div><b>What to do:</b> {advice}</div>}
    </>
  )
}
