// SPDX-License-Identifier: AGPL-3.0-or-later
//! Which headers pass, in each direction.
