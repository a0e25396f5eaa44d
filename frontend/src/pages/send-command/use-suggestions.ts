import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useApi } from '@/api/client'
import { vehicleKnowledgeQuery, type Vehicle } from '@/api/queries/vehicles'
import { ecuFound, type Ecu } from '@/domain/answers-items'
import { objectOf } from '@/domain/answers-read'

export interface Suggestion {
  readonly value: string
  /** What it is, beside it. */
  readonly name: string | null
}

export type Suggestions = Readonly<Record<string, readonly Suggestion[]>>

const none: Suggestions = { ecuAddress: [], component: [] }

/** The control units of the one vehicle that is chosen, as it named them last; several vehicles have none in common. */
export function useSuggestions(vehicles: readonly Vehicle[]): Suggestions {
  const [only] = vehicles
  const isOne = vehicles.length === 1 && only !== undefined
  const { data } = useQuery({ ...vehicleKnowledgeQuery(useApi(), only?.vehicle_id ?? ''), enabled: isOne, staleTime: 60_000 })
  return useMemo(() => {
    if (!isOne) return none
    const ecus = (data?.ecus?.items ?? []).map((item) => ecuFound(objectOf(item.ecu) ?? item))
    return { ecuAddress: addresses(ecus, only.address), component: named(ecus, ({ component }) => component) }
  }, [data, isOne, only?.address])
}

/** Those that were found; before anybody looked, those of the vehicle's own address (`doip://…?ecus=0x1010,0x1020`). */
function addresses(ecus: readonly Ecu[], address: string): readonly Suggestion[] {
  const found = named(ecus, ({ address: own }) => own)
  if (found.length > 0) return found
  const listed = /[?&]ecus=([^&]*)/.exec(address)?.[1] ?? ''
  return listed.split(',').filter((item) => item !== '').map((value) => ({ value, name: null }))
}

function named(ecus: readonly Ecu[], id: (ecu: Ecu) => string | null): readonly Suggestion[] {
  const seen = new Map<string, string | null>()
  for (const ecu of ecus) {
    const value = id(ecu)
    if (value !== null) seen.set(value, ecu.name ?? ecu.component)
  }
  return [...seen].map(([value, name]) => ({ value, name }))
}
