//! Documents changed behind the servers' backs.

use crate::common::mongodb::{self, Bson};
use crate::site::Cluster;

/// Changes one number in all documents of a collection: `operator` is `$set` or `$inc`.
pub(crate) fn change(cluster: &Cluster, collection: &str, operator: &str, by: (&str, i32)) {
    change_those(cluster, (collection, Bson::default()), operator, by);
}

/// The same in the documents that a filter finds.
pub(crate) fn change_those(
    cluster: &Cluster,
    (collection, filter): (&str, Bson),
    operator: &str,
    (name, by): (&str, i32),
) {
    let change = Bson::default().document(operator, Bson::default().number(name, by));
    let update = Bson::default().document("q", filter).document("u", change).yes("multi");
    let command = Bson::default()
        .text("update", collection)
        .only("updates", update)
        .text("$db", &cluster.database);
    let answer = mongodb::ask(cluster.mongodb(), command).unwrap();
    // The answer has this, a number that is not 0, if documents were changed.
    let changed = b"nModified\0";
    let at = answer.windows(changed.len()).position(|found| found == changed);
    let changed = at.map(|at| answer[at + changed.len()]);
    assert!(changed.is_some_and(|count| count > 0), "{}", String::from_utf8_lossy(&answer));
}
