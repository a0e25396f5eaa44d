import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconPlayerStop } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { cancelCommand, commandKeys, type Command } from '@/api/queries/commands'
import { cancelResult } from '@/domain/outcome'
import { toastDone, toastFailure } from '@/ui/toasts'

/** Asks once, cancels, and says what came of it: the server's answer, not a hope. */
export function CancelButton({ command }: { readonly command: Command }) {
  const api = useApi()
  const queries = useQueryClient()
  const [isOpen, dialog] = useDisclosure(false)
  const [reason, setReason] = useState('')
  const cancel = useMutation({
    mutationFn: () => cancelCommand(api, command.command_id, reason.trim() === '' ? null : reason.trim()),
    onSuccess(after) {
      dialog.close()
      queries.setQueryData(commandKeys.one(command.command_id), after)
      void queries.invalidateQueries({ queryKey: commandKeys.timeline(command.command_id) })
      toastDone(cancelResult(after)?.words ?? 'The vehicle is being told to stop. The page shows how it ends.')
    },
    onError: (error) => toastFailure('It could not be cancelled', error),
  })
  const isAsked = command.cancel_requested_at !== null
  const isRunning = command.status === 'in_progress'
  return (
    <>
      <Button color="red" variant="outline" leftSection={<IconPlayerStop size={16} aria-hidden />} disabled={isAsked} onClick={dialog.open}>
        {isAsked ? 'Cancelling' : 'Cancel command'}
      </Button>
      <Modal opened={isOpen} onClose={dialog.close} title={`Cancel ${command.command_name}?`}>
        <Stack gap="sm">
          <Text>
            {isRunning
              ? 'It runs already. What the vehicle has done so far is not undone; if nobody can tell whether it acted, the command ends as “Outcome unknown”.'
              : 'It has not started. The vehicle will not be told anything.'}
          </Text>
          <TextInput label="Reason (optional)" description="Stands in the audit trail." value={reason} maxLength={500} onChange={(event) => setReason(event.currentTarget.value)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={dialog.close}>Let it go on</Button>
            <Button color="red" loading={cancel.isPending} onClick={() => cancel.mutate()}>Cancel command</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
