import { Alert, Button, Group, Modal, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { createUser, userKeys } from '@/api/queries/users'
import { useReturnFocus } from '@/ui/return-focus'
import { accountPointers, AccountFields, otherError, type AccountDraft } from './account-fields'
import { newPassword } from './password'
import { PasswordOnce } from './password-once'

const blank: AccountDraft = { username: '', email: '', role: 'engineer', vehicleIds: null }

/** Makes an account with a generated password, then shows that password once. */
export function InviteUser({ onClose }: { readonly onClose: () => void }) {
  useReturnFocus()
  const api = useApi()
  const queries = useQueryClient()
  const [draft, setDraft] = useState(blank)
  const [password] = useState(newPassword)
  const create = useMutation({
    mutationFn: () =>
      createUser(api, {
        username: draft.username.trim(), password, role: draft.role, email: draft.email.trim() === '' ? null : draft.email.trim(), is_active: true,
        vehicle_ids: draft.vehicleIds === null ? null : [...draft.vehicleIds],
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: userKeys.all }),
  })
  const wrong = otherError(create.error, accountPointers)
  return (
    <Modal
      opened onClose={onClose} title={create.isSuccess ? 'The account is made' : 'Invite a user'} size="lg"
      closeOnClickOutside={false} closeOnEscape={!create.isSuccess} withCloseButton={!create.isSuccess}
    >
      {create.isSuccess ? <PasswordOnce username={create.data.username} password={password} onDone={onClose} /> : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            create.mutate()
          }}
        >
          <Stack gap="md">
            {wrong !== null && <Alert color="red" role="alert" title="The account was not made">{wrong}</Alert>}
            <AccountFields draft={draft} onChange={setDraft} error={create.error} />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={onClose}>Cancel</Button>
              <Button type="submit" loading={create.isPending}>Make the account</Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}
