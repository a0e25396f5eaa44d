import { Loader, MultiSelect, Radio, Select, Stack, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { vehicleListQuery } from '@/api/queries/vehicles'
import { ApiProblem, problemText } from '@/domain/problems'
import type { Role } from '@/domain/roles'
import { useVehiclesById } from '@/ui/names'

export interface AccountDraft {
  readonly username: string
  readonly email: string
  readonly role: Role
  /** null: the whole fleet. */
  readonly vehicleIds: readonly string[] | null
}

const roles: readonly { value: Role; label: string }[] = [
  { value: 'viewer', label: 'viewer: reads vehicles and answers' },
  { value: 'engineer', label: 'engineer: also sends commands' },
  { value: 'admin', label: 'admin: also users, vehicles and the audit trail' },
]

const ours: Readonly<Record<string, string>> = {
  '/username': 'Use letters, digits, dot, dash and underscore only, at most 64.',
  '/email': 'Write it as name@company.com, or leave it empty.',
}

/** What the server said about one field, in words for people where its own are a pattern. */
export function fieldError(error: unknown, pointer: string): string | null {
  if (!(error instanceof ApiProblem)) return null
  if (pointer === '/username' && error.code === 'username_taken') return 'This name is taken. Choose another one.'
  const said = error.problem.errors.find((wrong) => wrong.pointer === pointer || wrong.pointer.startsWith(`${pointer}/`))?.message ?? null
  return said?.includes('pattern') === true ? ours[pointer] ?? said : said
}

/** What went wrong and stands at no field. */
export function otherError(error: unknown, pointers: readonly string[]): string | null {
  if (error === null || error === undefined) return null
  return pointers.some((pointer) => fieldError(error, pointer) !== null) ? null : problemText(error)
}

interface AccountFieldsProps {
  readonly draft: AccountDraft
  readonly onChange: (draft: AccountDraft) => void
  readonly error: unknown
}

export const accountPointers = ['/username', '/email', '/role', '/vehicle_ids'] as const

export function AccountFields({ draft, onChange, error }: AccountFieldsProps) {
  return (
    <Stack gap="sm">
      <TextInput
        label="User name" required maxLength={64} autoComplete="off" data-autofocus value={draft.username} error={fieldError(error, '/username')}
        onChange={(event) => onChange({ ...draft, username: event.currentTarget.value })}
      />
      <TextInput
        label="E-mail" description="Only for people to find each other; nothing is sent there." autoComplete="off" maxLength={254}
        value={draft.email} error={fieldError(error, '/email')} onChange={(event) => onChange({ ...draft, email: event.currentTarget.value })}
      />
      <Select
        label="Role" allowDeselect={false} data={roles} value={draft.role} error={fieldError(error, '/role')}
        onChange={(role) => onChange({ ...draft, role: roles.find(({ value }) => value === role)?.value ?? draft.role })}
      />
      <Radio.Group
        label="May see" value={draft.vehicleIds === null ? 'all' : 'some'}
        onChange={(value) => onChange({ ...draft, vehicleIds: value === 'all' ? null : [] })}
      >
        <Stack gap={6} mt={4}>
          <Radio value="all" label="the whole fleet, also vehicles that come later" />
          <Radio value="some" label="only these vehicles" />
        </Stack>
      </Radio.Group>
      {draft.vehicleIds !== null && (
        <ScopeField ids={draft.vehicleIds} error={fieldError(error, '/vehicle_ids')} onChange={(vehicleIds) => onChange({ ...draft, vehicleIds })} />
      )}
    </Stack>
  )
}

interface ScopeFieldProps {
  readonly ids: readonly string[]
  readonly error: string | null
  readonly onChange: (ids: readonly string[]) => void
}

function ScopeField({ ids, error, onChange }: ScopeFieldProps) {
  const [typed, setTyped] = useState('')
  const [words] = useDebouncedValue(typed.trim(), 200)
  const found = useQuery({ ...vehicleListQuery(useApi(), { limit: 20, ...(words !== '' && { search: words }) }), placeholderData: keepPreviousData })
  const known = useVehiclesById(ids)
  const labels = new Map([...known.values(), ...(found.data?.items ?? [])].map(({ vehicle_id, vin, make, model }) => [vehicle_id, `${vin} · ${make} ${model}`]))
  const offered = new Set([...ids, ...(found.data?.items ?? []).map(({ vehicle_id }) => vehicle_id)])
  return (
    <MultiSelect
      label="Vehicles" searchable clearable maxDropdownHeight={260} placeholder={ids.length === 0 ? 'Search by VIN, make or model' : ''}
      description={ids.length === 0 ? 'Without a vehicle the account sees nothing.' : undefined}
      data={[...offered].map((id) => ({ value: id, label: labels.get(id) ?? id.slice(0, 8) }))}
      // The server has searched already.
      filter={({ options }) => options} searchValue={typed} onSearchChange={setTyped} rightSection={found.isFetching ? <Loader size={14} /> : undefined}
      value={[...ids]} onChange={onChange} error={error} nothingFoundMessage={found.isError ? 'The vehicles could not be read' : 'No such vehicle'}
    />
  )
}
