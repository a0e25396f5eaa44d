import { Kbd, Modal, Table } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { useUser } from '@/session/session-context'
import { places } from '@/ui/places'
import { useReturnFocus } from '@/ui/return-focus'
import { knownShortcuts, watchShortcuts } from '@/ui/shortcuts'
import classes from './shell.module.css'

/** The shortcuts of the whole page, then those of the page that is open (src/ui/shortcuts.ts). */
export default function KeyboardHelpDialog({ onClose }: { readonly onClose: () => void }) {
  useReturnFocus()
  const own = useSyncExternalStore(watchShortcuts, knownShortcuts)
  const { role } = useUser()
  const rows = [
    { keys: 'Ctrl+K', does: 'Find a page, a vehicle, a command' },
    ...places(role).map(({ key, label }) => ({ keys: `G then ${key}`, does: `Go to ${label}` })),
    { keys: '?', does: 'Show this help' },
    { keys: 'Esc', does: 'Close what is open' },
    ...own,
  ]
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts">
      <Table>
        <Table.Thead><Table.Tr><Table.Th>Keys</Table.Th><Table.Th>What they do</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {rows.map(({ keys, does }) => (
            <Table.Tr key={keys + does}><Table.Td className={classes.keys}><Kbd>{keys}</Kbd></Table.Td><Table.Td>{does}</Table.Td></Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
