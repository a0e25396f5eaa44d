/** Pictures of every page, for people who look at them: `make screenshots`. */
import { enter, expect, test } from './support/fixtures.ts'
import { photographer, schemes } from './support/pictures.ts'
import { placesWithData, type Place } from './support/places.ts'

let places: readonly Place[] = []
test.beforeAll(async ({ api }) => {
  places = await placesWithData(api)
})

for (const colours of schemes) {
  test(`every page, ${colours}`, async ({ page, complaints }) => {
    test.setTimeout(300_000)
    complaints.allow(/./)
    await page.emulateMedia({ colorScheme: colours, reducedMotion: 'reduce' })
    const photograph = photographer(colours)
    const take = (name: string) => photograph(page, name)
    await page.goto('/vehicles')
    await expect(page.getByLabel('User name')).toBeVisible()
    await take('sign-in')
    await enter(page, '/vehicles')
    for (const { name, path, shows } of places) {
      await page.goto(path)
      await expect(page.getByText(shows).first()).toBeVisible()
      await expect(page.getByRole('status', { name: /^Loading/ })).toHaveCount(0)
      await take(name)
    }
    await page.goto('/vehicles')
    await expect(page.getByRole('grid')).toBeVisible()
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('dialog')).toBeVisible()
    await take('palette')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog')).toBeVisible()
    await take('keyboard-help')
    await page.goto('/vehicles')
    await expect(page.getByRole('grid')).toBeVisible()
    await page.context().setOffline(true)
    await expect(page.getByRole('status', { name: /^Live connection/ })).toContainText('Offline')
    await take('fleet-without-network')
  })
}
