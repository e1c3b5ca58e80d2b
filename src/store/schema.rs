//! The tables, as diesel sees them; one file for both databases (`diesel.toml`).

diesel::table! {
    node (id) {
        id -> BigInt,
        name -> Text,
        seq -> BigInt,
        started_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    job (id) {
        id -> BigInt,
        name -> Text,
        kind -> Text,
        origin -> Text,
        spec -> Text,
        state -> SmallInt,
        pass -> Integer,
        pass_started_at -> BigInt,
        cursor -> Nullable<Text>,
        exhausted -> Bool,
        asked -> BigInt,
        running_ms -> BigInt,
        waiting_ms -> BigInt,
        peak_in_flight -> Integer,
        connect_us -> BigInt,
        head_us -> BigInt,
        body_us -> BigInt,
        extract_us -> BigInt,
        limit_hit -> Nullable<Text>,
        started_at -> BigInt,
        finished_at -> Nullable<BigInt>,
        not_modified -> BigInt,
        bytes -> BigInt,
    }
}

diesel::table! {
    host (host_key) {
        host_key -> BigInt,
        authority -> Text,
        asked_at -> BigInt,
        not_before -> BigInt,
        backoff_ms -> BigInt,
        fails -> Integer,
        failing_since -> BigInt,
        answered_at -> BigInt,
        owner -> BigInt,
        epoch -> BigInt,
    }
}

diesel::table! {
    job_host (job, host_key) {
        job -> BigInt,
        host_key -> BigInt,
        due_at -> Nullable<BigInt>,
        asked -> BigInt,
        given_up -> Nullable<Text>,
        beyond -> SmallInt,
        named -> Bool,
    }
}

diesel::table! {
    template (job, template_key) {
        job -> BigInt,
        template_key -> BigInt,
        pattern -> Text,
        example -> Text,
        urls -> BigInt,
        refused -> BigInt,
    }
}

diesel::table! {
    robots (origin) {
        origin -> Text,
        host_key -> BigInt,
        fetched_at -> BigInt,
        expires_at -> BigInt,
        status -> Nullable<Integer>,
        body -> Nullable<Text>,
    }
}

diesel::table! {
    urls (id) {
        id -> BigInt,
        job -> BigInt,
        host_key -> BigInt,
        url_key -> BigInt,
        url -> Text,
        depth -> Integer,
        hops -> Integer,
        state -> SmallInt,
        due_at -> Nullable<BigInt>,
        tries -> Integer,
        pass -> Integer,
        status -> Nullable<Integer>,
        reason -> Nullable<Text>,
        evidence -> Nullable<Text>,
        redirect_to -> Nullable<Text>,
        redirect_key -> Nullable<BigInt>,
        content_type -> Nullable<Text>,
        charset -> Nullable<Text>,
        bytes -> Nullable<BigInt>,
        referrer -> Nullable<BigInt>,
        referrer_host -> Nullable<BigInt>,
        via_kind -> SmallInt,
        via_text -> Nullable<Text>,
        via_nofollow -> Bool,
        links -> Nullable<Integer>,
        new_links -> Nullable<Integer>,
        title -> Nullable<Text>,
        digest -> Nullable<Binary>,
        etag -> Nullable<Text>,
        last_modified -> Nullable<Text>,
        noindex -> Bool,
        links_cut -> Bool,
        out_of_scope -> Nullable<Integer>,
        fetched_at -> Nullable<BigInt>,
        elapsed_ms -> Nullable<BigInt>,
        role -> SmallInt,
        original -> Nullable<BigInt>,
        original_host -> Nullable<BigInt>,
        payload -> Nullable<Binary>,
        task -> SmallInt,
        changed -> Nullable<Integer>,
        was_digest -> Nullable<Binary>,
    }
}

diesel::table! {
    link (job, source_host, source, ordinal) {
        job -> BigInt,
        source_host -> BigInt,
        source -> BigInt,
        ordinal -> Integer,
        target -> Text,
        kind -> SmallInt,
        text -> Nullable<Text>,
        nofollow -> Bool,
    }
}

diesel::table! {
    content (job, digest_key) {
        job -> BigInt,
        digest_key -> BigInt,
        host_key -> BigInt,
        url_key -> BigInt,
    }
}

diesel::table! {
    cookie (job, domain, path, name) {
        job -> BigInt,
        domain -> Text,
        path -> Text,
        name -> Text,
        value -> Text,
        host_only -> Bool,
        secure -> Bool,
        http_only -> Bool,
        expires_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    item (job, item_key) {
        job -> BigInt,
        item_key -> BigInt,
        host_key -> BigInt,
        url_key -> BigInt,
        page_no -> Integer,
        ordinal -> Integer,
        fields -> Text,
        digest -> BigInt,
        previous -> Nullable<Text>,
        detail_host -> Nullable<BigInt>,
        detail_key -> Nullable<BigInt>,
        first_pass -> Integer,
        last_pass -> Integer,
        changed_pass -> Integer,
        gone_pass -> Nullable<Integer>,
    }
}

diesel::table! {
    detail (job, host_key, url_key) {
        job -> BigInt,
        host_key -> BigInt,
        url_key -> BigInt,
        fields -> Nullable<Text>,
        digest -> Nullable<BigInt>,
        previous -> Nullable<Text>,
        changed_pass -> Integer,
        to_host -> Nullable<BigInt>,
        to_key -> Nullable<BigInt>,
    }
}

diesel::table! {
    listing (job, host_key, url_key) {
        job -> BigInt,
        host_key -> BigInt,
        url_key -> BigInt,
        start -> BigInt,
        pass -> Integer,
        fingerprint -> Nullable<BigInt>,
        held -> Bool,
    }
}

diesel::table! {
    item_tally (job, pass, what, field) {
        job -> BigInt,
        pass -> Integer,
        what -> Text,
        field -> Text,
        amount -> BigInt,
        sample -> Nullable<Text>,
    }
}

diesel::table! {
    warc_file (folder, name) {
        folder -> Text,
        name -> Text,
        end_offset -> BigInt,
        closed -> Bool,
    }
}

diesel::table! {
    warc_payload (folder_key, digest) {
        folder_key -> BigInt,
        digest -> Binary,
        url -> Text,
        date -> BigInt,
    }
}

diesel::table! {
    harvest (job) {
        job -> BigInt,
        pass -> Integer,
        seq -> BigInt,
        queries -> BigInt,
        plan -> Text,
        record -> Text,
        warnings -> Nullable<Text>,
    }
}

diesel::table! {
    query (job, number) {
        job -> BigInt,
        number -> BigInt,
        text -> Text,
        purpose -> Nullable<Text>,
        pass -> Integer,
        tips -> Nullable<Integer>,
        counts -> Nullable<Text>,
        last -> Nullable<Text>,
        generation -> Integer,
        letters -> Nullable<Integer>,
    }
}

diesel::table! {
    suggestion (job, tip_key) {
        job -> BigInt,
        tip_key -> BigInt,
        result -> Text,
        text -> Text,
        fields -> Nullable<Text>,
        first_pass -> Integer,
        last_pass -> Integer,
        seen -> Integer,
        first_at -> BigInt,
    }
}

diesel::table! {
    sighting (job, query, tip_key) {
        job -> BigInt,
        query -> BigInt,
        tip_key -> BigInt,
        rank -> Integer,
        pass -> Integer,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    host, job_host, urls, link, job, node, robots, content, harvest, query, suggestion, sighting,
    item, detail, listing
);
