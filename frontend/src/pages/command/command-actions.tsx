import { Button, Menu } from '@mantine/core'
import { IconDownload, IconFileTypeCsv, IconFileTypeJs, IconLink, IconPrinter, IconRepeat } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Command } from '@/api/queries/commands'
import { csvFile, fileName, jsonFile, type Exported } from '@/domain/export-answers'
import { senderOf } from '@/domain/outcome-timeline'
import { roleReaches } from '@/domain/roles'
import { isTerminal } from '@/domain/statuses'
import { useUser } from '@/session/session-context'
import { toastDone, toastFailure } from '@/ui/toasts'
import { CancelButton } from './cancel-button'
import { saveFile } from './save-file'
import type { WatchedCommand } from './use-command'

interface CommandActionsProps {
  readonly command: Command
  /** All that is known at the moment of the click. */
  readonly watched: () => WatchedCommand
}

/** What one can do with a command: stop it, send it again, pass it on. */
export function CommandActions({ command, watched }: CommandActionsProps) {
  const { role } = useUser()
  const maySend = roleReaches(role, 'engineer')
  return (
    <>
      {!isTerminal(command.status) && maySend && <CancelButton command={command} />}
      {maySend && (
        <Button
          variant="default" leftSection={<IconRepeat size={16} aria-hidden />}
          renderRoot={(props) => (
            <Link to="/send" search={{ again: command.command_id, vehicles: command.vehicle_id, command: command.command_name }} {...props} />
          )}
        >
          Send again
        </Button>
      )}
      <Button variant="default" leftSection={<IconLink size={16} aria-hidden />} onClick={() => void copyLink()}>Copy link</Button>
      <ExportMenu watched={watched} />
    </>
  )
}

async function copyLink(): Promise<void> {
  try {
    await navigator.clipboard.writeText(window.location.href)
    toastDone('The link is copied. It opens for everybody who may see this vehicle.')
  } catch (error) {
    toastFailure('The browser refused to copy. Copy the address from its address bar.', error)
  }
}

async function save({ command, vehicle, shown, allReceived, timeline }: WatchedCommand, ending: 'json' | 'csv'): Promise<void> {
  try {
    const received = await allReceived()
    const exported: Exported = { command, vehicle, received, sender: senderOf(timeline), chunks: shown.chunks, exportedAt: new Date().toISOString() }
    const content = ending === 'json' ? jsonFile(exported) : csvFile(shown.answer, shown.log, shown.chunks, received)
    saveFile(fileName(command, vehicle, ending), ending === 'json' ? 'application/json' : 'text/csv', content)
  } catch (error) {
    toastFailure('The file could not be made', error)
  }
}

function ExportMenu({ watched }: Pick<CommandActionsProps, 'watched'>) {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconFileTypeJs size={16} aria-hidden />}
          onClick={() => void save(watched(), 'json')}
        >
          JSON, everything
        </Menu.Item>
        <Menu.Item
          leftSection={<IconFileTypeCsv size={16} aria-hidden />}
          onClick={() => void save(watched(), 'csv')}
        >
          CSV table
        </Menu.Item>
        <Menu.Item leftSection={<IconPrinter size={16} aria-hidden />} onClick={() => setTimeout(() => window.print(), 200)}>Print, or keep as PDF</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
