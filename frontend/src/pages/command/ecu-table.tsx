import { Table } from '@mantine/core'
import type { Ecu } from '@/domain/answers-items'
import { formatCount } from '@/domain/durations'
import layout from '@/ui/layout.module.css'
import classes from './command.module.css'

interface EcuTableProps {
  readonly ecus: readonly Ecu[]
  readonly isOpen: boolean
}

/** A column in which nothing stands is left out. */
export function EcuTable({ ecus, isOpen }: EcuTableProps) {
  const has = { component: ecus.some(({ component }) => component !== null), variant: ecus.some(({ variant }) => variant !== null) }
  return (
    <section className={layout.card} aria-labelledby="ecus-title">
      <h2 id="ecus-title" className={classes.title}>
        Control units found <span className={classes.dim}>{formatCount(ecus.length, 'control unit')}{isOpen ? ' so far' : ''}</span>
      </h2>
      <Table.ScrollContainer minWidth={420}>
        <Table striped>
          <Table.Thead>
            <Table.Tr><Table.Th>Address</Table.Th><Table.Th>Name</Table.Th>{has.component && <Table.Th>Component</Table.Th>}{has.variant && <Table.Th>Variant</Table.Th>}</Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {ecus.map((ecu, index) => (
              <Table.Tr key={`${ecu.address ?? ''} ${ecu.component ?? ''} ${String(index)}`}>
                <Table.Th scope="row" className={layout.mono}>{ecu.address ?? '–'}</Table.Th>
                <Table.Td>{ecu.name ?? '–'}</Table.Td>
                {has.component && <Table.Td>{ecu.component ?? '–'}</Table.Td>}
                {has.variant && <Table.Td>{ecu.variant ?? 'not known'}</Table.Td>}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  )
}
