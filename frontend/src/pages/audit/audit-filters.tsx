import { Button, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useApi } from '@/api/client'
import { everyUserQuery } from '@/api/queries/users'
import { actionWords, knownActions } from '@/domain/audit-words'
import type { AuditSearch } from '@/domain/search-params'
import classes from '@/ui/filters.module.css'
import { MomentField } from '@/ui/moment-field'

interface AuditFiltersProps {
  readonly search: AuditSearch
  readonly onChange: (change: { [K in keyof AuditSearch]?: AuditSearch[K] | undefined }) => void
}

const empty = { search: undefined, action: undefined, outcome: undefined, actor: undefined, since: undefined, until: undefined } as const

export function AuditFilters({ search, onChange }: AuditFiltersProps) {
  const users = useQuery(everyUserQuery(useApi()))
  const actions = search.action === undefined || knownActions.includes(search.action) ? knownActions : [search.action, ...knownActions]
  const names = (users.data ?? []).map(({ username }) => username)
  const actors = search.actor === undefined || names.includes(search.actor) ? names : [search.actor, ...names]
  const isFiltered = Object.keys(search).some((key) => key in empty)
  return (
    <div className={classes.bar} role="search" aria-label="Audit entries">
      <AboutField value={search.search ?? ''} onChange={(text) => onChange({ search: text === '' ? undefined : text })} />
      <Select
        className={classes.normal ?? ''} label="Action" placeholder="Any action" clearable searchable nothingFoundMessage="No such action"
        data={actions.map((action) => ({ value: action, label: actionWords(action) }))}
        value={search.action ?? null} onChange={(action) => onChange({ action: action ?? undefined })}
      />
      <Select
        className={classes.normal ?? ''} label="Permission" placeholder="Allowed or refused" clearable
        data={[{ value: 'success', label: 'Allowed' }, { value: 'refused', label: 'Refused' }]}
        value={search.outcome ?? null} onChange={(outcome) => onChange({ outcome: outcome ?? undefined })}
      />
      <Select
        className={classes.normal ?? ''} label="By" placeholder="Anyone" clearable searchable nothingFoundMessage="No such user"
        data={actors} value={search.actor ?? null} onChange={(actor) => onChange({ actor: actor ?? undefined })}
      />
      <MomentField label="From" edge="start" value={search.since} onChange={(since) => onChange({ since })} />
      <MomentField label="Until" edge="end" value={search.until} onChange={(until) => onChange({ until })} />
      <Button variant="subtle" disabled={!isFiltered} onClick={() => onChange(empty)}>Clear filters</Button>
    </div>
  )
}

/** The trail is asked when the field is left, not at every letter: only a whole number finds something. */
function AboutField({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }) {
  return (
    <TextInput
      key={value} className={classes.wide ?? ''} label="About" placeholder="Vehicle, command or user id" defaultValue={value}
      onBlur={(event) => {
        const text = event.currentTarget.value.trim()
        if (text !== value) onChange(text)
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur()
      }}
    />
  )
}
