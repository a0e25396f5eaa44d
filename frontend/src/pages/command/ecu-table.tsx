import { Table } from '@mantine/core'
import type { Ecu } from '@/domain/answers-items'
import { formatCount } from '@/domain/durations'
import layout from '@/ui/layout.module.css'
import classes from './command.module.css'

interface EcuTableProps {
  readonly ecus: readonly Ecu[]
  readonly isOpen: boolean
}

export function EcuTable({ ecus, isOpen }: EcuTableProps) {
  return (
    <section className={layout.card} aria-labelledby="ecus-title">
      <h2 id="ecus-title" className={classes.title}>
        Control units found <span className={classes.dim}>{formatCount(ecus.length, 'control unit')}{isOpen ? ' so far' : ''}</span>
      </h2>
      <Table.ScrollContainer minWidth={420}>
        <Table striped>
          <Table.Thead>
            <Table.Tr><Table.Th>Address</Table.Th><Table.Th>Name</Table.Th><Table.Th>Component</Table.Th><Table.Th>Variant</Table.Th></Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {ecus.map((ecu, index) => (
              <Table.Tr key={`${ecu.address ?? ''} ${ecu.component ?? ''} ${String(index)}`}>
                <Table.Th scope="row" className={layout.mono}>{ecu.address ?? '–'}</Table.Th>
                <Table.Td>{ecu.name ?? '–'}</Table.Td>
                <Table.Td>{ecu.component ?? '–'}</Table.Td>
                <Table.Td>{ecu.variant ?? 'not known'}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  )
}
