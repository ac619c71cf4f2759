// Whether the filters are open: the sliders button, the key and the palette open the same panel.

import { signal } from "@preact/signals";

export const areFiltersOpen = signal(false);

export function openFilters() {
  areFiltersOpen.value = true;
}
