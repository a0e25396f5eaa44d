import { CloseButton, Group, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useDeferredValue, useState } from 'react'
import type { Vehicle } from '@/api/queries/vehicles'
import { countNodes, findNode, searchTree, targetParams, type EcuNode } from '@/domain/ecu-tree'
import { codesOf, codeStatusWords, type KnownCode } from '@/domain/ecu-tree-codes'
import { formatCount } from '@/domain/durations'
import { linkName } from '@/domain/presence'
import layout from '@/ui/layout.module.css'
import { Age } from '@/ui/moments'
import { Loading, QueryStates } from '@/ui/states'
import { Card, Nothing } from './card'
import { EcuTree } from './ecu-tree'
import { SendLink } from './send-link'
import { useCodes, useEcus, type Knowledge } from './use-vehicle'
import classes from './vehicle.module.css'

/** The control units that the vehicle last told of, as a tree, and what can be done with each. */
export function EcuCard({ vehicle }: { readonly vehicle: Vehicle }) {
  const { vehicle_id: vehicleId } = vehicle
  const query = useEcus(vehicleId)
  const known = query.data ?? null
  return (
    <Card
      title="Control units" beside={known !== null && <>{formatCount(countNodes(known.value), 'unit')}, found <Age at={known.at} /></>}
      action={known !== null && <SendLink vehicleId={vehicleId} command="DiscoverECUs">Look again</SendLink>}
    >
      <QueryStates query={query} loading={<Loading rows={5} />}>
        {(ecus) => {
          if (ecus !== null && ecus.value.length > 0) return <Ecus ecus={ecus} vehicleId={vehicleId} />
          if (ecus !== null) return <Nothing>The vehicle answered, but named no control unit. <CommandLink id={ecus.commandId} /></Nothing>
          if (linkName(vehicle.address) === 'Mock') {
            return <Nothing>The built-in mock vehicle cannot list its control units. It answers as 0x10.</Nothing>
          }
          return (
            <Nothing action={<SendLink vehicleId={vehicleId} command="DiscoverECUs" variant="filled">Find control units</SendLink>}>
              Nobody has asked this vehicle for its control units yet. Asking changes nothing in it.
            </Nothing>
          )
        }}
      </QueryStates>
    </Card>
  )
}

function CommandLink({ id }: { readonly id: string }) {
  return <Link to="/commands/$commandId" params={{ commandId: id }} preload={false}>See the answer</Link>
}

const route = getRouteApi('/vehicles/$vehicleId')

function Ecus({ ecus, vehicleId }: { readonly ecus: Knowledge<readonly EcuNode[]>; readonly vehicleId: string }) {
  const { entity } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: known } = useCodes(vehicleId)
  const [search, setSearch] = useState('')
  const nodes = searchTree(ecus.value, useDeferredValue(search))
  const codes = known?.codes ?? []
  // Until one is chosen: the first with trouble codes, else the first.
  const chosen = entity === undefined ? null : findNode(ecus.value, entity)
  const selected = chosen ?? ecus.value.find((node) => codesOf(codes, node).length > 0) ?? ecus.value[0] ?? null
  return (
    <div className={classes.ecus}>
      <div>
        <TextInput
          size="xs" aria-label="Search control units" placeholder="Name, address, variant, resource" value={search}
          leftSection={<IconSearch size={14} aria-hidden />}
          rightSection={search !== '' && <CloseButton size="xs" aria-label="Clear the search" onClick={() => setSearch('')} />}
          onChange={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setSearch('')
          }}
        />
        {nodes.length === 0
          ? <Nothing>No control unit has “{search}” in its name, address, variant or resources.</Nothing>
          : (
            <EcuTree
              nodes={nodes} codes={codes} selectedId={selected?.id ?? null}
              onSelect={(id) => void navigate({ search: (before) => ({ ...before, entity: id }), replace: true, resetScroll: false })}
            />
          )}
      </div>
      <div className={classes.detail} aria-live="polite">
        {selected !== null && <Detail node={selected} codes={codesOf(codes, selected)} vehicleId={vehicleId} />}
      </div>
    </div>
  )
}

interface DetailProps {
  readonly node: EcuNode
  readonly codes: readonly KnownCode[]
  readonly vehicleId: string
}

function Detail({ node, codes, vehicleId }: DetailProps) {
  const params = targetParams(node)
  return (
    <>
      <h3 className={classes.detailTitle}>{node.name}</h3>
      {node.problem !== null && <p className={classes.warning}>{node.problem}</p>}
      <dl className={classes.facts}>
        {node.ecuAddress !== null && <><dt>Address</dt><dd className={layout.mono}>{node.ecuAddress}</dd></>}
        {node.component !== null && <><dt>{node.kind === 'app' ? 'App' : 'Component'}</dt><dd className={layout.mono}>{node.component}</dd></>}
        {node.variant !== null && <><dt>Variant</dt><dd className={layout.mono}>{node.variant}</dd></>}
        {node.resources.length > 0 && <><dt>Offers</dt><dd>{node.resources.join(', ')}</dd></>}
        {codes.length > 0 && (
          <>
            <dt>Trouble codes</dt>
            <dd>{codes.map(({ code, status }) => <div key={code}><span className={layout.mono}>{code}</span> {codeStatusWords(status).toLowerCase()}</div>)}</dd>
          </>
        )}
      </dl>
      <Group gap="xs">
        <SendLink vehicleId={vehicleId} command="ReadDTC" params={params}>Read trouble codes</SendLink>
        <SendLink vehicleId={vehicleId} command="ReadIdentification" params={params}>Read identification</SendLink>
        <SendLink vehicleId={vehicleId} command="ReadDataByID" params={params}>Read data</SendLink>
      </Group>
    </>
  )
}
