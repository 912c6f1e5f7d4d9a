//! Reading foreign bytes with crates that may panic at them.
//!
//! Promises: a panic inside [`guarded`] is an error of the caller's, and says nothing on stderr.
//! Hides: the panic hook. It is wrapped once in the life of the process, by one that is silent
//! on threads inside [`guarded`] and passes every other panic on to the hook that was there.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

static SILENCED: Once = Once::new();

/// Calls a reader of foreign bytes; fails with the words of its panic. Such crates are young: a
/// file torn in a way their authors did not foresee may make them panic, which is a fault of the
/// file like any other. Threads that `read` starts need a guard of their own.
pub(super) fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    SILENCED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                before(panic);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(outer);
    result.map_err(
        |panic| match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "it cannot be read".to_owned(),
        },
    )
}
