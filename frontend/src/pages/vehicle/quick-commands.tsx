import { Skeleton, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useApi } from '@/api/client'
import { definitionsQuery } from '@/api/queries/commands'
import type { Vehicle } from '@/api/queries/vehicles'
import { linkName } from '@/domain/presence'
import { roleReaches } from '@/domain/roles'
import { useUser } from '@/session/session-context'
import { Card } from './card'
import { SendLink } from './send-link'
import classes from './vehicle.module.css'

const usual = ['ReadDTC', 'DiscoverECUs', 'ReadIdentification', 'ReadDataByID', 'SubscribeData', 'ClearDTC']
/** All that the built-in mock vehicle answers (contract 4.4). */
const mock = ['ReadDTC', 'ReadDataByID', 'ClearDTC']

/** The usual commands, one click from their form. */
export function QuickCommands({ vehicle }: { readonly vehicle: Vehicle }) {
  const { role } = useUser()
  const { data, error } = useQuery(definitionsQuery(useApi()))
  const offered = linkName(vehicle.address) === 'Mock' ? mock : usual
  const definitions = offered.flatMap((name) => data?.find((definition) => definition.name === name) ?? [])
  return (
    <Card title="Quick commands">
      {!roleReaches(role, 'engineer') ? (
        <Text size="sm" c="dimmed">Your role ({role}) may look, not send. Ask an administrator for the role engineer.</Text>
      ) : error !== null && data === undefined ? (
        <Text size="sm" c="dimmed">The list of commands could not be read. It is tried again when you reload the page.</Text>
      ) : (
        <>
          {vehicle.connection_status !== 'connected' && (
            <p className={classes.warning}>The vehicle does not answer now. A command waits until it does, or expires.</p>
          )}
          <div className={classes.quick}>
            {data === undefined && Array.from({ length: offered.length }, (_, row) => <Skeleton key={row} height={26} />)}
            {definitions.map(({ name, title, may_change_vehicle: changes, minimum_role: needs }) => (
              <SendLink key={name} vehicleId={vehicle.vehicle_id} command={name} needs={needs} justify="flex-start" fullWidth>
                {title}{changes && <span className={classes.quiet}>&ensp;changes the vehicle</span>}
              </SendLink>
            ))}
          </div>
        </>
      )}
    </Card>
  )
}
