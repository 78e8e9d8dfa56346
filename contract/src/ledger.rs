//! The rules of a [`Ledger`](mailstore::store::Ledger), by what they are about.

pub mod claims;
pub mod commits;
pub mod hierarchy;
pub mod journal;
pub mod leases;
pub mod messages;
pub mod paging;
pub mod properties;
pub mod races;
pub mod removal;
pub mod replacing;
pub mod rights;
pub mod uids;

/// One test for each rule, over the ledger that `$fresh` makes: the path of an async function that
/// returns a [`Tested`](crate::Tested) with an empty ledger.
#[macro_export]
macro_rules! ledger_contract {
    ($fresh:path) => {
        $crate::ledger_contract! { $fresh;
            commits: a_refusal_leaves_no_trace
            commits: a_refusal_in_a_group_touches_only_itself
            commits: a_group_is_decided_in_its_order
            commits: one_modseq_for_each_commit
            commits: what_changes_nothing_takes_no_modseq
            commits: a_change_is_applied_once
            commits: a_change_is_applied_once_though_reopened
            commits: what_is_committed_outlives_a_reopen
            commits: commits_are_counted
            uids: uids_ascend_and_never_return
            uids: a_name_used_again_has_a_higher_uid_validity
            uids: a_mailbox_id_is_never_used_twice
            uids: open_agrees_with_the_journal
            uids: a_big_mailbox_is_opened_right
            messages: everything_of_a_message_comes_back
            messages: counters_equal_a_recount
            messages: flags_of_many_thousands_are_stored
            messages: a_stale_message_is_passed_over
            messages: copies_share_their_content
            messages: a_message_asked_for_again_is_as_it_is
            messages: unique_ids_stay_with_messages
            messages: a_move_is_one_commit
            messages: recent_is_taken_once
            messages: quota_is_kept_exactly
            messages: accounts_do_not_touch_each_other
            replacing: a_replacement_is_one_commit
            replacing: what_is_gone_is_not_replaced
            replacing: a_replacement_costs_the_difference
            races: readers_never_see_a_gap
            races: no_update_is_lost
            races: the_last_place_is_given_once
            races: open_is_one_snapshot
            paging: pages_are_bounded_and_complete
            paging: pages_are_bounded_in_bytes
            paging: contents_are_read_of_known_rows
            paging: a_sparse_set_is_read_in_order
            paging: the_expunged_stand_between_the_live
            paging: what_is_not_there_is_passed_over
            journal: the_journal_is_read_in_pages
            journal: the_journal_of_a_mailbox_passes_over_others
            journal: trimming_raises_the_horizon_first
            journal: trimmed_only_where_something_is_missing
            journal: a_mailbox_that_is_gone_is_trimmed
            leases: a_lease_is_refused_to_another
            leases: a_lease_is_renewed_by_its_holder
            leases: a_lease_is_taken_over_after_its_end
            leases: a_lease_that_another_had_is_lost
            leases: a_lease_is_released_by_its_holder_only
            leases: a_lease_has_one_holder
            leases: leases_of_a_forgotten_account_go_too
            properties: properties_are_set_and_removed
            properties: properties_are_set_together_or_not
            properties: properties_are_bounded
            properties: properties_that_stay_the_same_are_no_news
            properties: properties_go_with_their_mailbox
            properties: properties_are_read_in_pages
            properties: mailboxes_are_found_by_a_key
            properties: properties_outlive_a_reopen
            rights: a_guest_without_rights_finds_nothing
            rights: each_right_is_for_something
            rights: rights_add_up
            rights: flags_change_as_far_as_rights_go
            rights: access_lists_are_inherited
            rights: properties_have_rights_too
            removal: the_expunged_are_readable_until_purged
            removal: a_deleted_mailbox_is_readable_until_purged
            removal: what_is_in_use_survives_a_purge
            removal: kept_blobs_go_with_their_last_message
            removal: a_forgotten_account_leaves_nothing
            removal: a_forgotten_account_starts_anew
            removal: claims_of_a_forgotten_account_go_too
            hierarchy: a_mailbox_is_created_with_its_parents
            hierarchy: inbox_is_inbox_in_any_case
            hierarchy: a_rename_takes_the_children_along
            hierarchy: no_mailbox_is_moved_below_itself
            hierarchy: no_name_grows_too_deep
            hierarchy: deleting_a_parent_leaves_its_name
            hierarchy: what_was_created_is_counted
            hierarchy: a_placeholder_becomes_a_mailbox_again
            hierarchy: subscriptions_are_of_names
            hierarchy: there_is_one_mailbox_for_each_use
            hierarchy: a_mailbox_is_opened_by_its_name
            hierarchy: names_that_are_none_are_refused
            hierarchy: an_account_is_provisioned_once
            hierarchy: the_first_mailbox_is_inbox
            claims: a_first_claim_finds_nothing
            claims: a_settled_blob_is_live_for_the_next
            claims: of_two_that_settle_the_first_stands
            claims: a_claim_made_before_the_purge_holds_the_blob
            claims: a_claim_made_after_the_purge_finds_nothing
            claims: a_crash_after_the_claim_leaves_nothing
            claims: a_crash_after_the_settlement_leaves_nothing
            claims: one_writer_crashes_and_the_other_commits
            claims: it_is_counted_who_shares_a_blob
            claims: a_blob_lives_as_long_as_its_last_message
            claims: a_copy_holds_the_blob
            claims: claims_and_purges_race
        }
    };
    ($fresh:path; $($module:ident: $rule:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $rule() {
            $crate::ledger::$module::$rule($fresh().await).await;
        }
    )* };
}
