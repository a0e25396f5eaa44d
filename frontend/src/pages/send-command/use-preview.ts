import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useApi } from '@/api/client'
import { commandPreviewQuery, type CommandPreview } from '@/api/queries/commands'
import type { Vehicle } from '@/api/queries/vehicles'
import { canBePreviewed } from '@/domain/command-preview'
import { ApiProblem } from '@/domain/problems'
import { problemsByField, type FieldProblem } from '@/domain/schema-form-check'
import type { SendDraft } from './use-send-draft'

export type PreviewState =
  /** Parameters are missing or do not fit yet. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'known'; readonly preview: CommandPreview }
  /** The vehicle's data cannot encode a value. */
  | { readonly kind: 'wrong'; readonly problems: readonly FieldProblem[] }
  | { readonly kind: 'failed'; readonly error: unknown }

const TYPING_MS = 300
const INVALID = 422

export interface Preview {
  /** null: there is nothing to show before the vehicle is asked. */
  readonly state: PreviewState | null
  /** What the vehicle's data cannot encode, by field. */
  readonly unfit: Readonly<Record<string, string>>
}

/** What the draft would send to its one vehicle. */
export function usePreview(vehicles: readonly Vehicle[], draft: SendDraft): Preview {
  const state = usePreviewState(vehicles, draft)
  if (state?.kind !== 'wrong') return { state, unfit: {} }
  return { state, unfit: draft.noticed(problemsByField(draft.form, draft.values, state.problems).fields) }
}

function usePreviewState(vehicles: readonly Vehicle[], { order, params, areParamsRight }: SendDraft): PreviewState | null {
  const [only] = vehicles
  const isShown = only !== undefined && vehicles.length === 1 && canBePreviewed(only.address, order.command_name)
  const typed = JSON.stringify(params)
  const [settled] = useDebouncedValue(typed, TYPING_MS)
  const isSettled = settled === typed
  const { data, error } = useQuery({
    ...commandPreviewQuery(useApi(), only?.vehicle_id ?? '', { command_name: order.command_name, command_params: params }),
    enabled: isShown && areParamsRight && isSettled,
    // Another set of diagnostic data may be assigned at any time.
    staleTime: 0,
  })
  if (!isShown) return null
  if (!areParamsRight) return { kind: 'incomplete' }
  if (!isSettled) return { kind: 'waiting' }
  if (error instanceof ApiProblem && error.status === INVALID) return { kind: 'wrong', problems: error.problem.errors }
  if (error !== null) return { kind: 'failed', error }
  return data === undefined ? { kind: 'waiting' } : { kind: 'known', preview: data }
}
