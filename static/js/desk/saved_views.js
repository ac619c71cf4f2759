// A person's own views of the list. The server keeps them and their order; here they are shown at once and put right when it refuses.

import { signal } from "@preact/signals";

/** @typedef {{id: number, name: string, filters: Record<string, string[]>}} SavedView */

/** @param {{api: import("desk/api.js").Api}} doors */
export function createSavedViews({ api }) {
  const views = signal(/** @type {SavedView[]} */ ([]));

  async function read() {
    views.value = (await api.get("saved-views/")).results;
  }

  return {
    views,
    read: () => read().catch(() => {}),
    /** Throws an ApiError: the dialog shows it at its field. @param {string} name @param {Record<string, string[]>} filters */
    async save(name, filters) {
      const made = await api.post("saved-views/", { name, filters });
      views.value = [...views.value, made];
    },
    /** Throws an ApiError. @param {number} id @param {Partial<Omit<SavedView, "id">>} change */
    async change(id, change) {
      const changed = await api.put(`saved-views/${id}/`, change);
      views.value = views.value.map((view) => (view.id === id ? changed : view));
    },
    /** @param {number} id */
    async remove(id) {
      try {
        await api.delete(`saved-views/${id}/`);
      } finally {
        // Another tab may have been faster.
        await read().catch(() => {});
      }
    },
    /** One place up or down. @param {number} id @param {1 | -1} step */
    async shift(id, step) {
      const ids = views.value.map((view) => view.id);
      const from = ids.indexOf(id);
      const to = from + step;
      if (from < 0 || to < 0 || to >= ids.length) return;
      ids.splice(to, 0, ...ids.splice(from, 1));
      views.value = ids.flatMap((each) => views.value.filter((view) => view.id === each));
      try {
        views.value = (await api.put("saved-views/order/", { ids })).results;
      } catch {
        await read().catch(() => {});
      }
    },
  };
}

/** @typedef {ReturnType<typeof createSavedViews>} SavedViews */
